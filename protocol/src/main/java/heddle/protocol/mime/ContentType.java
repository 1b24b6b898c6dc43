package heddle.protocol.mime;

/**
 * The media type of a body part (RFC 2045 §5).
 *
 * @param type in lower case
 * @param subtype in lower case
 * @param charset as written, empty when the part names none
 */
public record ContentType(String type, String subtype, String charset) {
    public boolean isText() {
        return type.equals("text");
    }

    public boolean isMultipart() {
        return type.equals("multipart");
    }

    /** {@return whether the body is a message of its own, with header and body parts (RFC 9051 §9 {@code media-message})} */
    public boolean isMessage() {
        return type.equals("message") && (subtype.equals("rfc822") || subtype.equals("global"));
    }
}
