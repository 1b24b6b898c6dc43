package heddle.protocol.mime;

/** A content transfer encoding that the server cannot undo: {@code NO [UNKNOWN-CTE]} (RFC 3516 §4.3). */
public final class UnknownEncodingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnknownEncodingException(String encoding) {
        super("unknown content transfer encoding: " + encoding);
    }

    /** {@return words for the client} */
    public String text() {
        return "unknown content transfer encoding";
    }
}
