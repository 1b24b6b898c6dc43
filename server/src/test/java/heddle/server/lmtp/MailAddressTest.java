package heddle.server.lmtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailAddressTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "<ann@example.org>              | ann          | example.org | ann@example.org",
                "<ann>                          | ann          | ~~          | ann",
                "<\"ann b\"@example.org>        | ann b        | example.org | \"ann b\"@example.org",
                "<\"a\\\"b\\\\c@d>e\"@x>        | a\"b\\c@d>e  | x           | \"a\\\"b\\\\c@d>e\"@x",
                "<@relay.net,@b:ann@x>          | ann          | x           | ann@x",
                "<ann@[IPv6:::1]>               | ann          | [IPv6:::1]  | ann@[IPv6:::1]",
                "<jürgen@bücher.example>        | jürgen       | bücher.example | jürgen@bücher.example"
            })
    void readsPaths(String path, String localPart, String domain, String written) {
        assertThat(MailAddress.parse(path)).isEqualTo(new MailAddress(localPart, domain, written));
    }

    @Test
    void readsEveryCharacterOfAnAtom() {
        String localPart = "Ann.B+c/d=e!#$%&'*-^_`{|}~";
        assertThat(MailAddress.parse("<" + localPart + "@x>"))
                .isEqualTo(new MailAddress(localPart, "x", localPart + "@x"));
        assertThat(MailAddress.parse("<>")).isEqualTo(MailAddress.NULL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ann@x",
                "<ann@x",
                "<@x>",
                "<@relay:>",
                "<ann@>",
                "<ann@x y>",
                "<an n@x>",
                "<ann@x@y>",
                "<ann\r\nX: y@x>",
                "<\"ann\r\n\"@x>",
                "<\"ann\\\r\"@x>",
                "<ann@x\r\nX:y>",
                "<ann\0@x>",
                "<\"ann>",
                "<\"\"@x>",
                "<\"a\"b@x>",
                "<ann@[1.2.3.4>",
                "<a\u0085b@x>"
            })
    void refusesWhatIsNoAddress(String path) {
        assertThatThrownBy(() -> MailAddress.parse(path)).isInstanceOf(RefusedLineException.class);
    }

    @Test
    void refusesWhatIsTooLongForAHeaderLine() {
        assertThatThrownBy(() -> MailAddress.parse("<" + "a".repeat(400) + "@x>"))
                .isInstanceOf(RefusedLineException.class);
    }
}
