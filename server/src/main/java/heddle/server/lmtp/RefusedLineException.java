package heddle.server.lmtp;

/** A command that is not carried out; the reply says why. */
final class RefusedLineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient LmtpReply reply;

    RefusedLineException(int code, String enhanced, String text) {
        super(text, null, false, false);
        reply = new LmtpReply(code, enhanced, text);
    }

    LmtpReply reply() {
        return reply;
    }
}
