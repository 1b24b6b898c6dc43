package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailboxNameUtf7Test {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "INBOX|INBOX",
                "a&-b|a&b",
                "&-&-|&&",
                "Entw&APw-rfe|Entwürfe",
                "~peter/mail/&U,BTFw-/&ZeVnLIqe-|~peter/mail/台北/日本語",
                "&U,BTF2XlZyyKng-|台北日本語",
                "&2D3eAA-|😀",
                "&Jjo-!|☺!",
                "&AOk-&-&AOk-|é&é"
            })
    void spellsANameInOneWay(String wire, String name) {
        assertThat(MailboxNameUtf7.encode(name)).isEqualTo(wire);
        assertThat(MailboxNameUtf7.decode(wire)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "&", // ends within a shift
                "a&APw", // ends within a shift
                "&Jjo!", // no shift back
                "&U,BTFw-&ZeVnLIqe-", // a superfluous shift
                "&AGE-", // what can stand for itself
                "&ACY-", // & too
                "&AP-", // half a character
                "&APwA-", // one digit too many
                "&APx-", // bits left over
                "&APw=-", // padding
                "&AP/8-", // not the modified alphabet
                "&2D0-", // half a surrogate pair
                "&3gDYPQ-", // a pair the wrong way round
                "&2D3YPQ-", // two first halves
                "Entw\u00fcrfe", // 8-bit
                "a\tb", // not printable
                "a\u007fb"
            })
    void refusesEveryOtherSpelling(String wire) {
        assertThatThrownBy(() -> MailboxNameUtf7.decode(wire)).as(wire).isInstanceOf(SyntaxException.class);
    }

    @Test
    void decodesWhatItEncodes() {
        for (int seed = 0; seed < 5_000; seed++) {
            var random = new Random(seed);
            var name = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                switch (random.nextInt(5)) {
                    case 0 -> name.append('&');
                    case 1 -> name.append((char) (' ' + random.nextInt(95)));
                    case 2 -> name.append((char) (0x80 + random.nextInt(0x800)));
                    case 3 -> name.append((char) (0x3000 + random.nextInt(0x4000)));
                    default -> name.appendCodePoint(0x1F300 + random.nextInt(0x300));
                }
            }
            String wire = MailboxNameUtf7.encode(name.toString());
            assertThat(MailboxNameUtf7.decode(wire)).as("seed %d", seed).isEqualTo(name.toString());
        }
    }

    @Test
    void encodesAgainWhateverItDecodes() {
        String alphabet = "&-ABab01+,/APwU2D3eZ é";
        for (int seed = 0; seed < 200_000; seed++) {
            var random = new Random(seed);
            var wire = new StringBuilder();
            for (int i = random.nextInt(9); i >= 0; i--) {
                wire.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                String name = MailboxNameUtf7.decode(wire.toString());
                assertThat(MailboxNameUtf7.encode(name)).as("seed %d", seed).isEqualTo(wire.toString());
            } catch (SyntaxException _) {
                // most of them
            }
        }
    }
}
