package heddle.protocol;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;

/**
 * Name of a mailbox as people read it: Unicode, levels separated by {@code /} (RFC 3501 §5.1). Of the ways to write the
 * same characters one is kept (NFC, RFC 9051 §5.1), and INBOX is the same in any letter case, at the top level only;
 * nothing else is folded. So a name is the same for all clients, however it crosses the wire.
 *
 * @param value never empty, no empty level, no control character, at most {@value #MAX_LENGTH} characters
 */
public record MailboxName(String value) implements Comparable<MailboxName> {
    public static final char SEPARATOR = '/';
    public static final int MAX_LENGTH = 500;

    /** No character takes more than this to be written in parts. */
    private static final int LONGEST_DECOMPOSITION = 4;

    public static final MailboxName INBOX = new MailboxName("INBOX");

    /** @throws IllegalArgumentException with words for the client, when no mailbox can have this name */
    public MailboxName {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a mailbox name is not empty");
        }
        if (value.length() <= LONGEST_DECOMPOSITION * MAX_LENGTH) {
            value = canonical(value);
        }
        if (value.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("a mailbox name has at most " + MAX_LENGTH + " characters");
        }
        if (value.charAt(0) == SEPARATOR || value.charAt(value.length() - 1) == SEPARATOR || value.contains("//")) {
            throw new IllegalArgumentException("a mailbox name has no empty level");
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean alone = Character.isHighSurrogate(c)
                    ? i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1))
                    : Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || alone) {
                throw new IllegalArgumentException("a mailbox name has no control characters");
            }
        }
    }

    /** {@return a name or a pattern in the form in which names are kept: composed, INBOX as the top level in upper case} */
    public static String canonical(String text) {
        String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        int level = composed.indexOf(SEPARATOR);
        String top = level < 0 ? composed : composed.substring(0, level);
        // Lower case, because a dotless i is an I in upper case.
        return top.toLowerCase(Locale.ROOT).equals("inbox") ? "INBOX" + composed.substring(top.length()) : composed;
    }

    public boolean isInbox() {
        return value.equals("INBOX");
    }

    /** {@return the name one level up, empty at the top} */
    public Optional<MailboxName> parent() {
        int level = value.lastIndexOf(SEPARATOR);
        return level < 0 ? Optional.empty() : Optional.of(new MailboxName(value.substring(0, level)));
    }

    /** Whether this name lies anywhere below {@code ancestor}. */
    public boolean isBelow(MailboxName ancestor) {
        return value.startsWith(ancestor.value + SEPARATOR);
    }

    @Override
    public int compareTo(MailboxName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
