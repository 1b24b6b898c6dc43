package heddle.server.command;

import heddle.protocol.MailboxName;
import java.util.List;
import java.util.Locale;

/**
 * The patterns of LIST and LSUB: {@code *} stands for anything, {@code %} for anything but the separator (RFC 3501
 * §6.3.8). A reference is put before each.
 */
final class ListPattern {
    private final List<String> patterns;

    ListPattern(String reference, List<String> patterns) {
        this.patterns = patterns.stream()
                .filter(pattern -> !pattern.isEmpty())
                .map(pattern -> MailboxName.canonical(reference + pattern))
                .toList();
    }

    boolean matches(MailboxName name) {
        for (String pattern : patterns) {
            if (matches(pattern, name.value())
                    || (name.isInbox() && matches(pattern.toLowerCase(Locale.ROOT), "inbox"))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Compares from the left with the set of pattern positions that are possible so far, so that many wildcards cost no
     * more than pattern times name.
     */
    private static boolean matches(String pattern, String name) {
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
                    } else if (wanted == c) {
                        next[at + 1] = true;
                    }
                }
            }
            skipWildcards(pattern, next);
            possible = next;
        }
        return possible[pattern.length()];
    }

    private static void skipWildcards(String pattern, boolean[] possible) {
        for (int at = 0; at < pattern.length(); at++) {
            if (possible[at] && (pattern.charAt(at) == '*' || pattern.charAt(at) == '%')) {
                possible[at + 1] = true;
            }
        }
    }
}
