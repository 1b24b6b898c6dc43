package heddle.protocol.wire;

/** The client broke the grammar; the answer is {@code BAD}, and the connection goes on (RFC 3501 §7.1.3). */
public class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param text what is wrong, in words for the client */
    public SyntaxException(String text) {
        super(text, null, false, false);
    }

    /** {@return what is wrong, in words for the client} */
    public final String text() {
        return String.valueOf(getMessage());
    }
}
