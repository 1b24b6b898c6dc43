package heddle.protocol.mime;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds header fields, bodies and boundaries in a message that streams by once, in blocks (RFC 2046 §5.1.1), and knows
 * the offset of each to the octet.
 *
 * <p>The token stream of mime4j was not used for this: it does not say where in the input its tokens stand, and what a
 * client fetches must be exactly what was stored, in broken mail too.
 */
final class MessageScanner {
    /** Which boundary ended the last body. */
    static final int END_OF_MESSAGE = -1;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK = 32 << 10;
    /** Longer ones are no boundaries (RFC 2046 allows 70 characters). */
    static final int LONGEST_BOUNDARY = 1000;
    /** How many octets before the position are kept: the line break before a boundary is not part of the body. */
    private static final int LOOK_BACK = 2;

    private final InputStream in;
    private byte[] buffer;
    /** Offset in the message of {@code buffer[0]}. */
    private long base;

    private int position;
    private int limit;
    private boolean isSourceEmpty;
    private long lines;

    private final List<byte[]> boundaries = new ArrayList<>();
    private int longestBoundary;
    private boolean isAtLineStart = true;

    private boolean hasEnded;
    private int endedBy = END_OF_MESSAGE;
    private boolean isClosed;
    private long endOffset;
    private long endLines;
    private long boundaryOffset;

    private int from;
    private int to;
    /** Where a field that is too long was cut, or -1. */
    private int cut = -1;

    MessageScanner(InputStream in, long size) {
        this.in = in;
        this.buffer = new byte[(int) Math.max(256, Math.min(BLOCK, size + 1))];
    }

    /** {@return the offset of the next octet} */
    long offset() {
        return base + position;
    }

    /** {@return where the body starts behind the header that has been read, if it has one} */
    long bodyOffset() {
        return hasEnded ? boundaryOffset : offset();
    }

    /** {@return how many line feeds stand before the next octet} */
    long lines() {
        return lines;
    }

    /** {@return the octets of the last field or run, from {@link #from} to {@link #to}; they change with the next call} */
    byte[] buffer() {
        return buffer;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /** {@return how many multiparts are open} */
    int openBoundaries() {
        return boundaries.size();
    }

    void open(byte[] boundary) {
        boundaries.add(boundary);
        longestBoundary = Math.max(longestBoundary, boundary.length);
    }

    /** Forgets the boundaries of the innermost multiparts, so that {@code remaining} are left. */
    void close(int remaining) {
        while (boundaries.size() > remaining) {
            boundaries.removeLast();
        }
    }

    /** {@return the index of the boundary that ended the last header or body, or {@link #END_OF_MESSAGE}} */
    int endedBy() {
        return endedBy;
    }

    /** {@return whether that boundary closed its multipart} */
    boolean isClosed() {
        return isClosed;
    }

    /** {@return where the body ended, before the line break of the boundary} */
    long endOffset() {
        return endOffset;
    }

    /** {@return how many line feeds stand before {@link #endOffset}} */
    long endLines() {
        return endLines;
    }

    /** Goes on after a boundary: with the header of the next part, or with what follows a multipart. */
    void resume() {
        hasEnded = false;
    }

    /**
     * Finds the next field of a header, with its folded lines. Of one that is too long only the front is kept.
     *
     * @return whether there is one; if not, the blank line has been read
     */
    boolean nextField(MimeLimits limits) throws IOException {
        if (hasEnded || !hasLineStart() || takeBoundary()) {
            return false;
        }
        cut = -1;
        int scan = position;
        while (true) {
            int feed = indexOfFeed(buffer, scan, limit);
            scan = feed < 0 ? limit : feed + 1;
            if (feed >= 0) {
                lines++;
                if (isBlank(position, feed)) {
                    position = scan;
                    return false;
                }
            }
            if (scan == limit) {
                scan = moreOfField(limits);
                if (scan < 0) {
                    return field(limit, limit);
                }
            }
            if (feed >= 0 && buffer[scan] != ' ' && buffer[scan] != '\t') {
                return field(cut < 0 ? scan : cut, scan);
            }
        }
    }

    /** {@return where the octets that follow stand, or -1 at the end of the message} */
    private int moreOfField(MimeLimits limits) throws IOException {
        int length = limit - position;
        if (cut >= 0) {
            base += limit - cut;
            limit = cut;
            length = cut - position;
        } else if (length >= limits.fieldBytes()
                && (length >= limits.envelopeBytes() || !AddressField.startsWithName(buffer, position, limit))) {
            cut = limit;
        }
        boolean isMore = fill(position);
        cut = cut < 0 ? -1 : position + length;
        return isMore ? position + length : -1;
    }

    private boolean field(int end, int next) {
        from = position;
        to = end;
        position = next;
        return true;
    }

    private boolean isBlank(int start, int feed) {
        return feed == start || (feed == start + 1 && buffer[start] == '\r');
    }

    /** {@return whether there is anything left; if not, the end is noted} */
    private boolean hasLineStart() throws IOException {
        isAtLineStart = true;
        if (position < limit || fill(position)) {
            return true;
        }
        end();
        return false;
    }

    /**
     * Finds the next run of octets of a body; it may end anywhere.
     *
     * @return whether there is one; if not, the body has ended
     */
    boolean nextRun() throws IOException {
        if (hasEnded) {
            return false;
        }
        if (position == limit && !fill(position)) {
            end();
            return false;
        }
        from = position;
        int scan = position;
        while (scan < limit) {
            if (isAtLineStart && !boundaries.isEmpty() && buffer[scan] == '-') {
                if (scan > from && (!isCandidateComplete(scan) || boundaryAt(scan) >= 0)) {
                    break; // what was found comes first: reading the boundary line may move the buffer
                }
                if (scan == from) {
                    if (takeBoundary()) {
                        return false;
                    }
                    scan = position;
                    from = position;
                }
            }
            int feed = indexOfFeed(buffer, scan, limit);
            isAtLineStart = feed >= 0;
            if (feed < 0) {
                scan = limit;
            } else {
                lines++;
                scan = feed + 1;
            }
        }
        position = scan;
        to = scan;
        return true;
    }

    /** Passes over the rest of a body. */
    void skipBody() throws IOException {
        while (nextRun()) {
            // only the end is of interest
        }
    }

    private void end() {
        hasEnded = true;
        endedBy = END_OF_MESSAGE;
        isClosed = false;
        boundaryOffset = offset();
        endOffset = boundaryOffset;
        endLines = lines;
    }

    private boolean isCandidateComplete(int start) {
        return isSourceEmpty || limit - start >= longestBoundary + 4;
    }

    /** Reads a boundary line, if one stands at the position, which is the start of a line. */
    private boolean takeBoundary() throws IOException {
        if (boundaries.isEmpty() || buffer[position] != '-') {
            return false;
        }
        while (!isCandidateComplete(position)) {
            fill(position);
        }
        int found = boundaryAt(position);
        if (found < 0) {
            return false;
        }
        int dashes = position + 2 + boundaries.get(found).length;
        isClosed = limit - dashes >= 2 && buffer[dashes] == '-' && buffer[dashes + 1] == '-';
        endedBy = found;
        hasEnded = true;
        boundaryOffset = offset();
        endOffset = boundaryOffset - lineBreakBefore(position);
        endLines = lines - (endOffset < boundaryOffset ? 1 : 0);
        skipLine();
        return true;
    }

    private int lineBreakBefore(int start) {
        if (start == 0 || buffer[start - 1] != '\n') {
            return 0;
        }
        return start > 1 && buffer[start - 2] == '\r' ? 2 : 1;
    }

    /** {@return the longest boundary that this line is, the innermost of equal ones, or -1} */
    private int boundaryAt(int line) {
        int start = line + 2;
        if (start >= limit || buffer[line + 1] != '-') {
            return -1;
        }
        int found = -1;
        for (int i = boundaries.size() - 1; i >= 0; i--) {
            byte[] boundary = boundaries.get(i);
            int end = start + boundary.length;
            if (buffer[start] == boundary[0]
                    && end <= limit
                    && (found < 0 || boundary.length > boundaries.get(found).length)
                    && Arrays.equals(buffer, start, end, boundary, 0, boundary.length)
                    && endsBoundary(end)) {
                found = i;
            }
        }
        return found;
    }

    private boolean endsBoundary(int end) {
        if (end == limit) {
            return true;
        }
        return switch (buffer[end]) {
            case '\r', '\n', ' ', '\t' -> true;
            case '-' -> end + 1 < limit && buffer[end + 1] == '-';
            default -> false;
        };
    }

    private void skipLine() throws IOException {
        while (true) {
            int feed = indexOfFeed(buffer, position, limit);
            if (feed >= 0) {
                lines++;
                position = feed + 1;
                return;
            }
            position = limit;
            if (!fill(position)) {
                return;
            }
        }
    }

    /**
     * Reads more behind the octets from {@code keep} on, which may move to the front of the buffer together with the
     * position.
     *
     * @return whether there was more
     */
    private boolean fill(int keep) throws IOException {
        if (isSourceEmpty) {
            return false;
        }
        int front = Math.max(0, keep - LOOK_BACK);
        if (front > 0 && buffer.length - limit < buffer.length / 2) {
            System.arraycopy(buffer, front, buffer, 0, limit - front);
            base += front;
            position -= front;
            limit -= front;
        }
        if (limit == buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
        int count = in.read(buffer, limit, buffer.length - limit);
        if (count < 0) {
            isSourceEmpty = true;
            return false;
        }
        limit += count;
        return true;
    }

    /** {@return where the next line starts, or {@code to}} */
    static int afterFeed(byte[] octets, int from, int to) {
        int feed = indexOfFeed(octets, from, to);
        return feed < 0 ? to : feed + 1;
    }

    private static int indexOfFeed(byte[] buffer, int from, int to) {
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            // Sets the top bit of each octet that is a line feed; the lowest one set is exact.
            long word = (long) LONGS.get(buffer, i) ^ 0x0A0A0A0A0A0A0A0AL;
            long feeds = (word - 0x0101010101010101L) & ~word & 0x8080808080808080L;
            if (feeds != 0) {
                return i + (Long.numberOfTrailingZeros(feeds) >>> 3);
            }
        }
        for (; i < to; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }
}
