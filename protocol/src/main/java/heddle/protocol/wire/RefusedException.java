package heddle.protocol.wire;

import heddle.protocol.response.ResponseCode;
import org.jspecify.annotations.Nullable;

/** The command is well formed and cannot be done; the answer is {@code NO}, and the connection goes on (RFC 3501 §7.1.2). */
public class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable ResponseCode code;

    /**
     * @param code null when no response code fits
     * @param text why, in words for the client
     */
    public RefusedException(@Nullable ResponseCode code, String text) {
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
