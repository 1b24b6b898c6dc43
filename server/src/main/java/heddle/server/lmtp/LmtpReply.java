package heddle.server.lmtp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * One line of an answer: basic code, enhanced code and words (RFC 5321 §4.2, RFC 2034).
 *
 * @param enhanced such as {@code 5.1.1}; empty where RFC 2034 §4 wants none: greeting, LHLO and 354
 * @param text of our own, in US-ASCII; never what the client wrote
 */
record LmtpReply(int code, String enhanced, String text) {
    static final LmtpReply OK = new LmtpReply(250, "2.0.0", "OK");
    static final LmtpReply NO_SUCH_USER = new LmtpReply(550, "5.1.1", "no such user here");
    static final LmtpReply TOO_BIG = new LmtpReply(552, "5.3.4", "the message is too big");
    static final LmtpReply TRY_LATER = new LmtpReply(451, "4.3.0", "the mail store cannot take this now");

    void writeTo(OutputStream out) throws IOException {
        write(out, ' ');
    }

    /** Writes it as a line that others of the same answer follow. */
    void writeContinuedTo(OutputStream out) throws IOException {
        write(out, '-');
    }

    private void write(OutputStream out, char separator) throws IOException {
        String words = enhanced.isEmpty() ? text : enhanced + " " + text;
        out.write((code + String.valueOf(separator) + words + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }
}
