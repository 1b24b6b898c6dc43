package heddle.protocol;

/**
 * Modification sequence number of a message or a mailbox (RFC 7162 §3.1).
 *
 * @param value 0 (nothing yet) to 2^63-1
 */
public record ModSeq(long value) implements Comparable<ModSeq> {
    /** @throws IllegalArgumentException when {@code value} is negative */
    public ModSeq {
        if (value < 0) {
            throw new IllegalArgumentException("MODSEQ out of range: " + value);
        }
    }

    @Override
    public int compareTo(ModSeq other) {
        return Long.compare(value, other.value);
    }
}
