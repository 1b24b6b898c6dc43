package heddle.protocol;

/**
 * A range of octets of a section: {@code <offset.length>} (RFC 3501 §6.4.5; with 63 bits: RFC 9051 §9). It may reach beyond the end.
 *
 * @param offset the first octet, counted from 0
 * @param length at least 1
 */
public record Partial(long offset, long length) {
    /** @throws IllegalArgumentException when a number is out of range */
    public Partial {
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException("partial out of range: " + offset + "." + length);
        }
    }
}
