package heddle.protocol.wire;

import heddle.protocol.response.ResponseCode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * The octets of one connection, in command lines and literals. Holds a buffer only between the first octet of a
 * command and the moment when all that has arrived is used up.
 */
final class WireInput {
    private static final byte[] NONE = {};

    /** Digits of the size of a literal that may be skipped. */
    private static final int LONGEST_SIZE = 20;

    /** How much of a line stays in the buffer behind the position: room for a brace, a size, what closes it, CR and LF. */
    private static final int LOOK_BACK = LONGEST_SIZE + 12;

    private InputStream in;
    private WireLimits limits;
    private byte[] buffer = NONE;
    private int position;
    private int limit;

    /** Where in the buffer the line, or its piece behind the last literal, begins. */
    private int pieceStart;
    /** Octets of the line that were counted already, literals not included. */
    private long lineOctets;
    /** Where in the buffer the count of {@link #lineOctets} goes on. */
    private int countedTo;
    /** Whether a command has begun and its last line end has not been read. */
    private boolean lineOpen;
    /** Whether the rest of the command is of no interest any more. */
    private boolean skipping;

    WireInput(InputStream in, WireLimits limits) {
        this.in = in;
        this.limits = limits;
    }

    WireLimits limits() {
        return limits;
    }

    void limits(WireLimits changed) {
        limits = changed;
    }

    void stream(InputStream changed) {
        in = changed;
    }

    int buffered() {
        return limit - position;
    }

    void discardBuffered() {
        position = limit;
        pieceStart = position;
        countedTo = position;
        release();
    }

    private void release() {
        if (buffer.length > 0 && position == limit) {
            BufferPool.INPUT.giveBack(buffer);
            buffer = NONE;
            position = 0;
            limit = 0;
            pieceStart = 0;
            countedTo = 0;
        }
    }

    /** Waits for the first octet of a command without a buffer; false when the client has closed. */
    boolean await() throws IOException {
        if (position < limit) {
            return true;
        }
        release();
        int first = in.read();
        if (first < 0) {
            return false;
        }
        buffer = BufferPool.INPUT.borrow();
        buffer[0] = (byte) first;
        limit = 1;
        return true;
    }

    /** Begins to count a line. */
    void beginLine() {
        lineOpen = true;
        skipping = false;
        lineOctets = 0;
        countedTo = position;
        pieceStart = position;
    }

    boolean lineOpen() {
        return lineOpen;
    }

    /** Says that no more of the command follows: its line end has been read, or the client waits for an answer. */
    void endLine() {
        lineOpen = false;
        count();
    }

    /** Says that the rest of the command will be dropped: its line may be longer than one that is read. */
    void beginSkipping() {
        skipping = true;
    }

    private void count() {
        lineOctets += position - countedTo;
        countedTo = position;
        if (!skipping && lineOctets > limits.line()) {
            throw new RefusedException(
                    ResponseCode.Word.LIMIT, "a command line has at most " + limits.line() + " octets");
        }
        if (lineOctets > limits.line() + limits.skipped()) {
            throw new EndOfServiceException(ResponseCode.Word.LIMIT, "the command line has no end");
        }
    }

    /** Waits for more octets of the line. */
    private void fill() throws IOException {
        count();
        if (buffer.length == 0) {
            buffer = BufferPool.INPUT.borrow();
        }
        int kept = Math.min(position, LOOK_BACK);
        System.arraycopy(buffer, position - kept, buffer, 0, kept);
        pieceStart = Math.max(0, pieceStart - (position - kept));
        position = kept;
        countedTo = kept;
        limit = kept;
        int read = in.read(buffer, limit, buffer.length - limit);
        if (read < 0) {
            throw new EOFException("the client closed in the middle of a command");
        }
        limit += read;
    }

    /** {@return the octet that comes next, which stays} */
    int peek() throws IOException {
        while (position == limit) {
            fill();
        }
        return buffer[position] & 0xFF;
    }

    /** {@return the octet that comes next} */
    int next() throws IOException {
        int octet = peek();
        position++;
        return octet;
    }

    /** {@return the longest run of octets of this class, one character each; maybe empty} */
    String run(int characterClass) throws IOException {
        peek();
        String first = runInBuffer(characterClass);
        if (position < limit) {
            return first;
        }
        var all = new StringBuilder(first);
        while (CharacterClass.has(peek(), characterClass)) {
            all.append(runInBuffer(characterClass));
        }
        return all.toString();
    }

    @SuppressWarnings("deprecation") // the one constructor that neither copies twice nor looks for a charset
    private String runInBuffer(int characterClass) {
        byte[] octets = buffer;
        int start = position;
        int end = start;
        while (end < limit && CharacterClass.has(octets[end], characterClass)) {
            end++;
        }
        position = end;
        return new String(octets, 0, start, end - start);
    }

    /** Says that a literal begins: what follows is not part of the line until {@link #endLiteral()}. */
    void beginLiteral() {
        count();
    }

    /** Says that the line goes on behind a literal. */
    void endLiteral() {
        countedTo = position;
        pieceStart = position;
    }

    /** Reads some octets of a literal, at most {@code length}, at least one. */
    int literal(byte[] into, int offset, int length) throws IOException {
        int read = Math.min(length, limit - position);
        if (read > 0) {
            System.arraycopy(buffer, position, into, offset, read);
            position += read;
            return read;
        }
        release(); // a slow upload holds only its reader's buffer
        read = in.read(into, offset, length);
        if (read < 0) {
            throw new EOFException("the client closed in the middle of a literal");
        }
        return read;
    }

    /** Drops octets of a literal. */
    void skipLiteral(long octets) throws IOException {
        long left = octets;
        while (left > 0) {
            int there = (int) Math.min(left, limit - position);
            position += there;
            left -= there;
            if (left > 0) {
                countedTo = position;
                pieceStart = position;
                fill();
                countedTo = position;
            }
        }
    }

    /** Drops the rest of the command, the non-synchronising literals in it included. */
    void skipRest() throws IOException {
        long skipped = 0;
        while (lineOpen) {
            while (next() != '\n') {
                int end = position;
                while (end < limit && buffer[end] != '\n') {
                    end++;
                }
                position = end;
            }
            long literal = announced();
            if (literal < 0) {
                endLine();
                return;
            }
            skipped += literal;
            if (literal > limits.skipped() || skipped > limits.skipped()) {
                throw new EndOfServiceException(ResponseCode.Word.TOOBIG, "the literal is too big to be skipped");
            }
            beginLiteral();
            skipLiteral(literal);
            endLiteral();
        }
    }

    /**
     * {@return the size of the non-synchronising literal that the line end just read announces; -1 when there is none}
     * The reader may have taken a part of the announcement before it gave up: what is looked at is the line, not its
     * rest.
     */
    private long announced() {
        int end = position - 1;
        if (end > pieceStart && buffer[end - 1] == '\r') {
            end--;
        }
        if (end - pieceStart < 4 || buffer[end - 1] != '}' || buffer[end - 2] != '+') {
            return -1;
        }
        int digit = end - 2;
        while (digit > pieceStart && CharacterClass.has(buffer[digit - 1], CharacterClass.DIGIT)) {
            digit--;
        }
        int digits = end - 2 - digit;
        if (digits > LONGEST_SIZE) {
            return Long.MAX_VALUE; // perhaps with its brace out of sight
        }
        if (digits == 0 || digit == pieceStart || buffer[digit - 1] != '{') {
            return -1;
        }
        long size = 0;
        for (; digit < end - 2; digit++) {
            size = size > Long.MAX_VALUE / 10 - 1 ? Long.MAX_VALUE / 10 : size * 10 + (buffer[digit] - '0');
        }
        return size;
    }
}
