package heddle.protocol.wire;

import heddle.protocol.response.ResponseCode;
import org.jspecify.annotations.Nullable;

/**
 * Nothing that follows on the stream can be trusted to be a command; the answer is {@code * BYE}, and the connection
 * ends (RFC 3501 §7.1.5).
 */
public final class EndOfServiceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable ResponseCode code;

    /**
     * @param code null when no response code fits
     * @param text why, in words for the client
     */
    public EndOfServiceException(@Nullable ResponseCode code, String text) {
        super(text, null, false, false);
        this.code = code;
    }

    /** {@return the reason for programs; null when no response code fits} */
    public @Nullable ResponseCode code() {
        return code;
    }

    /** {@return the reason for people} */
    public String text() {
        return String.valueOf(getMessage());
    }
}
