package heddle.server.command;

import heddle.protocol.MailboxName;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.RefusedException;
import java.util.ArrayList;
import java.util.List;

/**
 * The patterns of LIST and LSUB: {@code *} stands for anything, {@code %} for anything but the separator (RFC 3501
 * §6.3.8). A reference is put before each.
 */
final class ListPattern {
    /** So many first letters of INBOX and what lies below it are the same in any case (RFC 3501 §5.1). */
    private static final int INBOX_LENGTH = MailboxName.INBOX.value().length();

    private final List<String> patterns = new ArrayList<>();

    /**
     * @param most characters that all of them may have together: each name is compared with all
     * @throws RefusedException {@code LIMIT} when they have more
     */
    ListPattern(String reference, List<String> patterns, int most) {
        String start = withoutRepetition(reference);
        int length = 0;
        for (String pattern : patterns) {
            if (pattern.isEmpty()) {
                continue;
            }
            String whole = withoutRepetition(MailboxName.canonical(start + pattern));
            length += whole.length();
            if (length > most) {
                throw new RefusedException(Word.LIMIT, "the patterns are too long");
            }
            this.patterns.add(whole);
        }
    }

    /** {@return the same pattern with one wildcard where several stand side by side} */
    private static String withoutRepetition(String pattern) {
        var shorter = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            int last = shorter.length() - 1;
            if (last < 0 || !isWildcard(c) || !isWildcard(shorter.charAt(last))) {
                shorter.append(c);
            } else if (c == '*') {
                shorter.setCharAt(last, c);
            }
        }
        return shorter.toString();
    }

    private static boolean isWildcard(char c) {
        return c == '*' || c == '%';
    }

    boolean matches(MailboxName name) {
        for (String pattern : patterns) {
            if (matches(pattern, name)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Compares from the left with the set of pattern positions that are possible so far, so that many wildcards cost no
     * more than pattern times name.
     */
    private static boolean matches(String pattern, MailboxName mailbox) {
        String name = mailbox.value();
        int folded = mailbox.isInbox() || mailbox.isBelow(MailboxName.INBOX) ? INBOX_LENGTH : 0;
        var possible = new boolean[pattern.length() + 1];
        possible[0] = true;
        skipWildcards(pattern, possible);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            var next = new boolean[possible.length];
            for (int at = 0; at < pattern.length(); at++) {
                if (possible[at]) {
                    char wanted = pattern.charAt(at);
                    if (wanted == '*' || (wanted == '%' && c != MailboxName.SEPARATOR)) {
                        next[at] = true;
                    } else if (wanted == c || i < folded && isSameLetter(wanted, c)) {
                        next[at + 1] = true;
                    }
                }
            }
            skipWildcards(pattern, next);
            possible = next;
        }
        return possible[pattern.length()];
    }

    /** @param letter from A to Z */
    private static boolean isSameLetter(char wanted, char letter) {
        return wanted == letter + ('a' - 'A');
    }

    private static void skipWildcards(String pattern, boolean[] possible) {
        for (int at = 0; at < pattern.length(); at++) {
            if (possible[at] && isWildcard(pattern.charAt(at))) {
                possible[at + 1] = true;
            }
        }
    }
}
