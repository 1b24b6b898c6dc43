package heddle.protocol;

/**
 * Says whether the UIDs a client remembers still mean the same messages (RFC 3501 §2.3.1.1).
 *
 * @param value 1 to 4,294,967,295
 */
public record UidValidity(long value) {
    /** @throws IllegalArgumentException when {@code value} is out of range */
    public UidValidity {
        if (value < 1 || value > Uid.MAX) {
            throw new IllegalArgumentException("UIDVALIDITY out of range: " + value);
        }
    }
}
