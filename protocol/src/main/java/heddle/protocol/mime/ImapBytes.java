package heddle.protocol.mime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Octets of a response, written one after the other (RFC 3501 §9). */
final class ImapBytes {
    /** Longer strings are sent as literals: some clients read lines into fixed buffers. */
    private static final int LONGEST_QUOTED = 1000;

    private byte[] bytes;
    private int size;

    ImapBytes(int capacity) {
        bytes = new byte[capacity];
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    ImapBytes octet(int octet) {
        room(1);
        bytes[size++] = (byte) octet;
        return this;
    }

    ImapBytes octets(byte[] source, int from, int to) {
        room(to - from);
        System.arraycopy(source, from, bytes, size, to - from);
        size += to - from;
        return this;
    }

    ImapBytes octets(byte[] source) {
        return octets(source, 0, source.length);
    }

    ImapBytes octets(ImapBytes other) {
        return octets(other.bytes, 0, other.size);
    }

    @SuppressWarnings("deprecation") // the one copy of ASCII that makes no array in between
    ImapBytes ascii(String text) {
        room(text.length());
        text.getBytes(0, text.length(), bytes, size);
        size += text.length();
        return this;
    }

    ImapBytes number(long number) {
        return ascii(Long.toString(number));
    }

    ImapBytes nil() {
        return ascii("NIL");
    }

    /** {@code nstring}, of a text with one character per octet. */
    ImapBytes nstring(@Nullable String octets) {
        if (octets == null) {
            return nil();
        }
        byte[] source = octets.getBytes(StandardCharsets.ISO_8859_1);
        return string(source, 0, source.length);
    }

    ImapBytes string(ImapBytes text) {
        return string(text.bytes, 0, text.size);
    }

    /** {@code string = quoted / literal}; a literal wherever a quoted string could not be. */
    ImapBytes string(byte[] source, int from, int to) {
        if (to - from > LONGEST_QUOTED || !isQuotable(source, from, to)) {
            return literal(source, from, to);
        }
        room(2 * (to - from) + 2);
        bytes[size++] = '"';
        for (int i = from; i < to; i++) {
            byte octet = source[i];
            if (octet == '"' || octet == '\\') {
                bytes[size++] = '\\';
            }
            bytes[size++] = octet;
        }
        bytes[size++] = '"';
        return this;
    }

    private ImapBytes literal(byte[] source, int from, int to) {
        octet('{').number(to - from).ascii("}\r\n");
        int start = size;
        octets(source, from, to);
        for (int i = start; i < size; i++) {
            if (bytes[i] == 0) {
                bytes[i] = (byte) 0x80;
            }
        }
        return this;
    }

    private static boolean isQuotable(byte[] source, int from, int to) {
        for (int i = from; i < to; i++) {
            byte octet = source[i];
            if (octet <= 0 || octet == '\r' || octet == '\n') {
                return false;
            }
        }
        return true;
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, size + (size >> 1) + 64));
        }
    }
}
