package heddle.protocol.mime;

/**
 * How far a message is looked into. Nothing is refused beyond a limit: what lies behind it is still stored and sent, it
 * is only no longer taken apart.
 *
 * @param parts body parts of one message, itself included; whatever follows belongs to the body of the last one
 * @param depth nesting of multiparts and encapsulated messages; a deeper one is opaque, {@code application/octet-stream}
 * @param fieldBytes octets of one header field that are read for ENVELOPE, BODYSTRUCTURE and SEARCH
 * @param envelopeBytes octets of an address field, and of all ENVELOPEs of one message together
 * @param headerTextBytes octets in UTF-8 of the header's search text
 * @param bodyTextBytes octets in UTF-8 of the body's search text: few messages have more, and to make and store all of it
 *     would cost each of them more than the searches that then have to read its body
 * @param commonHeaderBytes octets of the header fields that are kept beside the message
 */
public record MimeLimits(
        int parts,
        int depth,
        int fieldBytes,
        int envelopeBytes,
        int headerTextBytes,
        int bodyTextBytes,
        int commonHeaderBytes) {
    public static final MimeLimits DEFAULT = new MimeLimits(10_000, 64, 2 << 20, 24 << 20, 2 << 20, 256 << 10, 8 << 10);
}
