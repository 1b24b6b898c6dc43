package heddle.storage;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names a session among those of all pods; as text, {@code 5c0ffee1234-17} for the 17th of a pod. */
public record SessionId(long pod, long number) {
    private static final Pattern TEXT = Pattern.compile("([0-9a-f]{1,15})-([0-9]{1,18})");

    /** {@return the session that a text names; empty when it names none} */
    public static Optional<SessionId> parse(String text) {
        Matcher named = TEXT.matcher(text);
        return named.matches()
                ? Optional.of(new SessionId(Long.parseLong(named.group(1), 16), Long.parseLong(named.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return Long.toHexString(pod) + "-" + number;
    }
}
