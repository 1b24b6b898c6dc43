package heddle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailboxNameTest {
    @ParameterizedTest
    @CsvSource({
        "iNboX, INBOX",
        "inbox/Sub, INBOX/Sub",
        "a/inbox, a/inbox",
        "e\u0301/u\u0308, \u00e9/\u00fc",
        "\u212b, \u00c5", // the sign of the unit and the letter
        "\u1112\u1161\u11ab, \ud55c", // Hangul in parts
        "\ufb01, \ufb01" // a ligature is no i
    })
    void isKeptInOneForm(String given, String kept) {
        assertThat(new MailboxName(given).value()).isEqualTo(kept);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0131nbox", "\u0130nbox", "inboxx"})
    void otherLettersThanThoseOfInboxAreOtherNames(String given) {
        assertThat(new MailboxName(given).value()).isEqualTo(given);
        assertThat(new MailboxName(given)).isNotEqualTo(MailboxName.INBOX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "a/", "a//b", "a\u0000", "a\u0085", "a\u2028", "a\ud800"})
    void noMailboxHasSuchAName(String given) {
        assertThatThrownBy(() -> new MailboxName(given)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void countsCharactersAsTheyAreKept() {
        String longest = "\u00e9".repeat(MailboxName.MAX_LENGTH);
        assertThat(new MailboxName("e\u0301".repeat(MailboxName.MAX_LENGTH)).value())
                .isEqualTo(longest);
        assertThatThrownBy(() -> new MailboxName(longest + "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MailboxName("e\u0301".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
