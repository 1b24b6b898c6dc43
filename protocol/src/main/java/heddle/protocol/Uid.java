package heddle.protocol;

/**
 * Unique identifier of a message in its mailbox (RFC 3501 §2.3.1.1).
 *
 * @param value 1 to 4,294,967,295
 */
public record Uid(long value) implements Comparable<Uid> {
    public static final long MAX = 0xFFFF_FFFFL;

    /** @throws IllegalArgumentException when {@code value} is out of range */
    public Uid {
        if (value < 1 || value > MAX) {
            throw new IllegalArgumentException("UID out of range: " + value);
        }
    }

    @Override
    public int compareTo(Uid other) {
        return Long.compare(value, other.value);
    }
}
