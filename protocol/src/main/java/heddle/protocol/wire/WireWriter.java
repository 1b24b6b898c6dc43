package heddle.protocol.wire;

import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;

/**
 * Writes what the server sends (RFC 3501 §9), in large pieces: into a buffer that is held only while something is in it,
 * and from there to the client when it is full or {@link #flush()} is called. A response is everything up to
 * {@link #crlf()}; as long as none of it has left, {@link #cutBack()} takes it back. One thread at a time.
 */
public final class WireWriter {
    private static final byte[] NONE = {};
    private static final byte[] NIL = ascii("NIL");
    private static final byte[] CRLF = ascii("\r\n");
    /** Longer strings go out as literals, which clients read without looking at each octet. */
    private static final int LONGEST_QUOTED = 1000;

    private static final int LONGEST_NUMBER = 20;

    private OutputStream out;
    private WireEncoding encoding = WireEncoding.SEVEN_BIT;
    private byte[] buffer = NONE;
    private int end;
    /** Where in the buffer the response that is being written begins; -1 when a part of it has left. */
    private int responseStart;

    public WireWriter(OutputStream out) {
        this.out = out;
    }

    /** {@return the octets of a text in US-ASCII: for constants} */
    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Writes to another stream from now on; only when all has been flushed. */
    public void output(OutputStream stream) {
        if (end > 0) {
            throw new IllegalStateException("not flushed");
        }
        out = stream;
    }

    /** How text beyond US-ASCII is written from now on. */
    public void encoding(WireEncoding changed) {
        encoding = changed;
    }

    /** {@return octets that wait for a flush} */
    public int buffered() {
        return end;
    }

    /** Sends all that has been written, and gives the buffer back. */
    public void flush() throws IOException {
        if (end > 0) {
            if (responseStart != end) {
                responseStart = -1;
            }
            send(end);
        }
        if (buffer.length > 0) {
            BufferPool.OUTPUT.giveBack(buffer);
            buffer = NONE;
        }
        out.flush();
    }

    /** Sends the first octets of the buffer; the rest moves to its front. */
    private void send(int count) throws IOException {
        out.write(buffer, 0, count);
        System.arraycopy(buffer, count, buffer, 0, end - count);
        end -= count;
        if (responseStart >= 0) {
            responseStart -= count;
        }
    }

    /**
     * Takes back what has been written since the last {@link #crlf()}.
     *
     * @return false when some of it has left already: whatever is written next lands in the middle of it
     */
    public boolean cutBack() {
        if (responseStart < 0) {
            return false;
        }
        end = responseStart;
        return true;
    }

    /** Sees to it that {@code count} octets fit, at most the size of the buffer; whole responses leave first. */
    private void room(int count) throws IOException {
        if (buffer.length - end >= count) {
            return;
        }
        if (buffer.length == 0) {
            buffer = BufferPool.OUTPUT.borrow();
            return;
        }
        if (responseStart > 0) {
            send(responseStart);
        }
        if (buffer.length - end < count) {
            responseStart = -1;
            send(end);
        }
    }

    // ---- octets

    /** Octets as they are. Large pieces go to the client without being copied. */
    public WireWriter raw(byte[] octets, int offset, int length) throws IOException {
        if (length <= BufferPool.OUTPUT.size() / 2) {
            room(length);
            System.arraycopy(octets, offset, buffer, end, length);
            end += length;
        } else {
            responseStart = -1;
            if (end > 0) {
                send(end);
            }
            out.write(octets, offset, length);
        }
        return this;
    }

    public WireWriter raw(byte[] octets) throws IOException {
        return raw(octets, 0, octets.length);
    }

    /** One octet: a parenthesis, a bracket. */
    public WireWriter raw(char c) throws IOException {
        room(1);
        buffer[end++] = (byte) c;
        return this;
    }

    public WireWriter space() throws IOException {
        return raw(' ');
    }

    /** The end of a response. */
    public WireWriter crlf() throws IOException {
        raw(CRLF);
        responseStart = end;
        return this;
    }

    // ---- words

    /** Words of the protocol, US-ASCII, as they are. */
    public WireWriter atom(String text) throws IOException {
        int length = text.length();
        if (length > BufferPool.OUTPUT.size() / 2) {
            return raw(ascii(text));
        }
        room(length);
        copy(text, length);
        return this;
    }

    @SuppressWarnings("deprecation") // the one method that copies US-ASCII without an array in between
    private void copy(String text, int length) {
        text.getBytes(0, length, buffer, end);
        end += length;
    }

    public WireWriter nil() throws IOException {
        return raw(NIL);
    }

    /** {@code number}, which is not negative. */
    public WireWriter number(long number) throws IOException {
        room(LONGEST_NUMBER);
        long rest = number;
        int digits = 1;
        for (long power = 10; digits < 19 && rest >= power; power *= 10) {
            digits++;
        }
        for (int at = end + digits - 1; at >= end; at--) {
            buffer[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        end += digits;
        return this;
    }

    /** {@code uid-set} or {@code sequence-set}: {@code 1,3:5}. */
    public WireWriter uidSet(UidSet set) throws IOException {
        PeekableIntIterator each = set.bits().getIntIterator();
        boolean first = true;
        while (each.hasNext()) {
            if (!first) {
                raw(',');
            }
            first = false;
            int low = each.next();
            int high = low;
            while (each.hasNext() && each.peekNext() == high + 1) {
                high = each.next();
            }
            number(Integer.toUnsignedLong(low));
            if (high != low) {
                raw(':').number(Integer.toUnsignedLong(high));
            }
        }
        return this;
    }

    // ---- strings

    /** {@code quoted}: US-ASCII without NUL, CR and LF, which nobody checks here. */
    public WireWriter quoted(String text) throws IOException {
        if (text.indexOf('"') < 0 && text.indexOf('\\') < 0) {
            return raw('"').atom(text).raw('"');
        }
        raw('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                raw('\\');
            }
            raw(c);
        }
        return raw('"');
    }

    /** {@code string}: quoted when it is short and the client reads it so, else a literal of UTF-8. NUL becomes 0x80. */
    public WireWriter string(String text) throws IOException {
        if (!isQuotable(text)) {
            return string(text.getBytes(StandardCharsets.UTF_8));
        }
        return isAscii(text) ? quoted(text) : quotedUtf8(text);
    }

    private WireWriter quotedUtf8(String text) throws IOException {
        raw('"');
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            if (octet == '"' || octet == '\\') {
                raw('\\');
            }
            raw((char) (octet & 0xFF));
        }
        return raw('"');
    }

    /** {@code string} of these octets. NUL, which no string can hold, becomes 0x80. */
    public WireWriter string(byte[] octets) throws IOException {
        boolean quotable = octets.length <= LONGEST_QUOTED;
        boolean hasNul = false;
        for (byte octet : octets) {
            quotable &= octet > 0 && octet != '\r' && octet != '\n';
            hasNul |= octet == 0;
        }
        if (quotable) {
            return quoted(new String(octets, StandardCharsets.US_ASCII));
        }
        literal(octets.length);
        if (!hasNul) {
            return raw(octets);
        }
        byte[] replaced = octets.clone();
        for (int i = 0; i < replaced.length; i++) {
            if (replaced[i] == 0) {
                replaced[i] = (byte) 0x80;
            }
        }
        return raw(replaced);
    }

    /** {@code nstring}. */
    public WireWriter nstring(@Nullable String text) throws IOException {
        return text == null ? nil() : string(text);
    }

    /** {@code astring}: an atom where that is possible, else a string. */
    public WireWriter astring(String text) throws IOException {
        boolean atom = CharacterClass.all(text, CharacterClass.ASTRING) && !text.equalsIgnoreCase("NIL");
        return atom ? atom(text) : string(text);
    }

    private boolean isQuotable(String text) {
        if (text.length() > LONGEST_QUOTED) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || c == '\r' || c == '\n' || (c > 127 && encoding == WireEncoding.SEVEN_BIT)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 128);
    }

    /** {@code mailbox}, in the client's {@linkplain #encoding encoding}. */
    public WireWriter mailbox(MailboxName name) throws IOException {
        return mailbox(name.value());
    }

    /** {@code mailbox}: what a client calls one that is kept by another name. */
    public WireWriter mailbox(String name) throws IOException {
        return astring(encoding.encodeName(name));
    }

    /** {@code string}: what the names of mailboxes begin with. */
    public WireWriter namePrefix(String prefix) throws IOException {
        return string(encoding.encodeName(prefix));
    }

    /** The header of a {@code literal}; exactly {@code size} octets must follow, none of them NUL. */
    public WireWriter literal(long size) throws IOException {
        return raw('{').number(size).raw('}').raw(CRLF);
    }

    /** The header of a {@code literal8}; exactly {@code size} octets must follow (RFC 3516 §4.3). */
    public WireWriter literal8(long size) throws IOException {
        return raw('~').literal(size);
    }

    /** {@code text} for people: what is not printable US-ASCII becomes a question mark, so that no line can break. */
    public WireWriter text(String text) throws IOException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            raw(c >= ' ' && c <= '~' ? c : '?');
        }
        return this;
    }
}
