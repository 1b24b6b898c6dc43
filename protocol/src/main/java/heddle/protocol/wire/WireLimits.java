package heddle.protocol.wire;

/**
 * How much a client may ask the reader to take. What is only too much is refused; what is too long to be skipped ends
 * the connection.
 *
 * @param line octets of one command line, literals not counted, line end included
 * @param argumentLiterals octets of all literals of one command that are read into memory
 * @param message octets of one message literal (APPEND), streamed
 * @param skipped octets that are skipped after one broken command: of its literals, and of its line beyond {@code line}
 * @param elements arguments in lists and search keys of one command
 * @param nesting how deep parentheses, NOT and OR may be nested
 * @param nonSynchronizing octets of one non-synchronising literal: {@link #LITERAL_PLUS} or {@link #LITERAL_MINUS}
 */
public record WireLimits(
        int line, int argumentLiterals, long message, long skipped, int elements, int nesting, long nonSynchronizing) {
    /** As large as the other limits let it be: the capability {@code LITERAL+} (RFC 7888 §3). */
    public static final long LITERAL_PLUS = Long.MAX_VALUE;

    /** The capability {@code LITERAL-} (RFC 7888 §5). */
    public static final long LITERAL_MINUS = 4096;

    /** For clients that have logged in: lines of 64 KiB, messages of 50 MiB. */
    public static final WireLimits AUTHENTICATED =
            new WireLimits(64 << 10, 1 << 20, 50L << 20, 50L << 20, 20_000, 200, LITERAL_PLUS);

    /** For strangers: lines of 8 KiB, and no more literals than a log-in and a small mistake need. */
    public static final WireLimits NOT_AUTHENTICATED =
            new WireLimits(8 << 10, 8 << 10, 64 << 10, 64 << 10, 100, 5, LITERAL_PLUS);

    /** @throws IllegalArgumentException when a limit is negative, or the line has no room for a command */
    public WireLimits {
        if (line < 64
                || argumentLiterals < 0
                || message < 0
                || skipped < 0
                || elements < 1
                || nesting < 1
                || nonSynchronizing < 0) {
            throw new IllegalArgumentException("a limit is too small");
        }
    }

    /** {@return these limits with another size of messages, skipped ones included} */
    public WireLimits withMessage(long octets) {
        return new WireLimits(
                line, argumentLiterals, octets, Math.max(skipped, octets), elements, nesting, nonSynchronizing);
    }

    /** {@return these limits with another size of non-synchronising literals} */
    public WireLimits withNonSynchronizing(long octets) {
        return new WireLimits(line, argumentLiterals, message, skipped, elements, nesting, octets);
    }
}
