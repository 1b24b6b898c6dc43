package heddle.protocol.mime;

/**
 * A run of octets of a stored message.
 *
 * @param offset of the first one, counted from the start of the message
 */
public record ByteRange(long offset, long length) {
    /** {@return the offset of the first octet after it} */
    public long end() {
        return offset + length;
    }
}
