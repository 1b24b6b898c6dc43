package heddle.protocol.wire;

import heddle.protocol.response.ResponseCode.Word;

/** The client broke the grammar; the answer is {@code BAD}, and the connection goes on (RFC 3501 §7.1.3). */
public class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Word code;

    /** @param text what is wrong, in words for the client */
    public SyntaxException(String text) {
        this(Word.CLIENTBUG, text);
    }

    /**
     * @param code what is wrong, in words for a program
     * @param text the same in words for the client
     */
    public SyntaxException(Word code, String text) {
        super(text, null, false, false);
        this.code = code;
    }

    /** {@return what is wrong, in words for a program} */
    public final Word code() {
        return code;
    }

    /** {@return what is wrong, in words for the client} */
    public final String text() {
        return String.valueOf(getMessage());
    }
}
