package heddle.protocol;

/**
 * A range of octets of a section: {@code <offset.length>} (RFC 3501 §6.4.5). It may reach beyond the end.
 *
 * @param offset the first octet, counted from 0; at most 2^32-1
 * @param length 1 to 2^32-1
 */
public record Partial(long offset, long length) {
    /** @throws IllegalArgumentException when a number is out of range */
    public Partial {
        if (offset < 0 || offset > 0xFFFF_FFFFL || length < 1 || length > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("partial out of range: " + offset + "." + length);
        }
    }
}
