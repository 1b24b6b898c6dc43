package heddle.protocol.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.wire.SyntaxException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaslPlainTest {
    private static SaslStep step(String message) {
        return new SaslPlain().step(message.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void takesNameAndPassword() {
        assertThat(step("\0tim\0tanstaaftanstaaf"))
                .isEqualTo(new SaslStep.Unverified(new PlainCredentials("", "tim", "tanstaaftanstaaf")));
        assertThat(step("Ursel\0Kurt\0xipj3plmq"))
                .isEqualTo(new SaslStep.Unverified(new PlainCredentials("Ursel", "Kurt", "xipj3plmq")));
    }

    @Test
    void preparesTheNames() {
        assertThat(step("\0J\u00adürgen\u00a0M\0pä ss"))
                .isEqualTo(new SaslStep.Unverified(new PlainCredentials("", "Jürgen M", "pä ss")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a\0b", "\0a\0b\0", "\0\0b", "\0a\0", "a\0b\0c\0d", "\0\u00ad\0x", "\0a\u0007\0x"})
    void refusesWhatIsNoPlainMessage(String message) {
        assertThatThrownBy(() -> step(message)).isInstanceOf(SyntaxException.class);
    }

    @Test
    void refusesWhatIsNotUtf8() {
        assertThatThrownBy(() -> new SaslPlain().step(new byte[] {0, 'a', 0, (byte) 0xE9}))
                .isInstanceOf(SyntaxException.class);
    }

    @Test
    void letsTheClientSpeakFirst() {
        assertThat(new SaslPlain().start().octets()).isEmpty();
    }

    @Test
    void hidesThePassword() {
        assertThat(step("\0tim\0secret")).asString().contains("tim").doesNotContain("secret");
    }
}
