package heddle.server.lmtp;

import java.io.EOFException;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a client sends: command lines, and after DATA a message. What has been answered leaves before the client is
 * waited for, so that pipelined commands are answered together and nobody waits for the other (RFC 2920).
 */
final class LmtpInput {
    /** RFC 5321 §4.5.3.1.4 asks for 512 octets, its extensions for some more. */
    static final int LONGEST_LINE = 2048;

    /** A line that is still not over after so many octets will not be. */
    private static final int LONGEST_SKIPPED = 256 << 10;

    private static final int BUFFER = 32 << 10;

    private final InputStream in;
    private final Flushable answers;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;

    /** @param answers is flushed before each wait */
    LmtpInput(InputStream in, Flushable answers) {
        this.in = in;
        this.answers = answers;
    }

    /** A line without an end. */
    static final class EndlessLineException extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** Whether something has been read that was not used yet. */
    boolean isBuffered() {
        return position < limit;
    }

    /** Forgets what has been read ahead: before TLS, nothing of it may be carried out (RFC 3207 §4.2). */
    void discardBuffered() {
        position = limit;
    }

    /** Waits for the next octet; false when the client has closed. */
    boolean await() throws IOException {
        return position < limit || fill(0);
    }

    /** Keeps the last {@code kept} octets and reads more behind them. */
    private boolean fill(int kept) throws IOException {
        System.arraycopy(buffer, limit - kept, buffer, 0, kept);
        position = kept;
        limit = kept;
        answers.flush();
        int count = in.read(buffer, limit, buffer.length - limit);
        if (count < 0) {
            return false;
        }
        limit += count;
        return true;
    }

    private void fillOrEnd(int kept) throws IOException {
        if (!fill(kept)) {
            throw new EOFException("the client closed in the middle of a delivery");
        }
    }

    /**
     * {@return the next command line without its end}
     *
     * @throws RefusedLineException when it is too long or does not end in CRLF; it has been read, then
     * @throws EndlessLineException when it does not come to an end at all
     */
    String line() throws IOException {
        int start = position;
        int end = start;
        while (true) {
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (end < limit) {
                break;
            }
            if (end - start > LONGEST_LINE) {
                skipLine();
                throw new RefusedLineException(500, "5.5.2", "the line is too long");
            }
            int length = end - start;
            fillOrEnd(length);
            start = 0;
            end = length;
        }
        position = end + 1;
        if (end - start > LONGEST_LINE) {
            throw new RefusedLineException(500, "5.5.2", "the line is too long");
        }
        if (end == start || buffer[end - 1] != '\r') {
            throw new RefusedLineException(500, "5.5.2", "a line ends in CRLF");
        }
        return new String(buffer, start, end - 1 - start, StandardCharsets.UTF_8);
    }

    private void skipLine() throws IOException {
        int skipped = 0;
        while (skipped < LONGEST_SKIPPED) {
            position = limit;
            fillOrEnd(0);
            while (position < limit) {
                if (buffer[position++] == '\n') {
                    return;
                }
            }
            skipped += limit;
        }
        throw new EndlessLineException();
    }

    /** Where the reader of a message is. */
    private enum At {
        LINE_START,
        DOT,
        DOT_CR,
        LINE,
        CR
    }

    /**
     * Copies the message that follows, up to the line that consists of a dot (RFC 5321 §4.5.2). Lines end in CRLF and in
     * nothing else: a dot between other line ends belongs to the message, else a sender could smuggle a second one behind
     * it. Bare CR, bare LF and NUL are copied as they are.
     *
     * @param message must not fail, as the stream would be out of step then
     */
    void data(OutputStream message) throws IOException {
        At at = At.LINE_START;
        int from = position; // of what belongs to the message and has not been copied
        while (true) {
            if (position == limit) {
                int held = at == At.DOT_CR ? 1 : 0; // whether it belongs to the message is not known yet
                message.write(buffer, from, limit - held - from);
                fillOrEnd(held);
                from = 0;
            }
            byte octet = buffer[position++];
            switch (at) {
                case LINE_START -> {
                    if (octet == '.') {
                        message.write(buffer, from, position - 1 - from);
                        from = position;
                        at = At.DOT;
                    } else {
                        at = octet == '\r' ? At.CR : At.LINE;
                    }
                }
                case DOT -> at = octet == '\r' ? At.DOT_CR : At.LINE;
                case DOT_CR -> {
                    if (octet == '\n') {
                        return;
                    }
                    at = octet == '\r' ? At.CR : At.LINE;
                }
                case CR -> {
                    if (octet == '\n') {
                        at = At.LINE_START;
                    } else {
                        at = octet == '\r' ? At.CR : At.LINE;
                    }
                }
                case LINE -> {
                    position--;
                    while (position < limit && buffer[position] != '\r') {
                        position++;
                    }
                    if (position < limit) {
                        position++;
                        at = At.CR;
                    }
                }
            }
        }
    }
}
