package heddle.server.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecipientsTest {
    @Test
    void looksForTheWholeAddressFirst() {
        assertThat(candidates("<ann@example.org>", "+"))
                .containsExactly(Map.entry("ann@example.org", ""), Map.entry("ann", ""));
    }

    @Test
    void takesTheMailboxBehindTheFirstSeparator() {
        assertThat(candidates("<ann+Lists/heddle+x@example.org>", "+"))
                .startsWith(
                        Map.entry("ann+Lists/heddle+x@example.org", ""),
                        Map.entry("ann@example.org", "Lists/heddle+x"),
                        Map.entry("ann+Lists/heddle+x", ""),
                        Map.entry("ann", "Lists/heddle+x"));
    }

    @Test
    void triesLowerCaseLast() {
        assertThat(candidates("<Ann@Example.ORG>", "+"))
                .containsExactly(
                        Map.entry("Ann@Example.ORG", ""),
                        Map.entry("Ann", ""),
                        Map.entry("ann@example.org", ""),
                        Map.entry("ann", ""));
    }

    @Test
    void findsNoMailboxWithoutUserOrSeparator() {
        assertThat(candidates("<+x>", "+")).containsExactly(Map.entry("+x", ""));
        assertThat(candidates("<ann-x>", "-")).containsExactly(Map.entry("ann-x", ""), Map.entry("ann", "x"));
        assertThat(List.copyOf(Recipients.candidates(MailAddress.parse("<ann+x>"), null)
                        .keySet()))
                .containsExactly("ann+x");
    }

    private static List<Map.Entry<String, String>> candidates(String path, String separator) {
        return List.copyOf(
                Recipients.candidates(MailAddress.parse(path), separator).entrySet());
    }
}
