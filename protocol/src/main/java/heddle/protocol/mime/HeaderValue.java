package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The value of a header field (RFC 5322 §2.2.3), and its encoded words as text (RFC 2047). */
final class HeaderValue {
    private HeaderValue() {}

    /** {@return the octets without the line breaks of folding and without white space around them} */
    static byte[] unfold(byte[] field, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isSpace(field[start])) {
            start++;
        }
        while (end > start && isSpace(field[end - 1])) {
            end--;
        }
        byte[] value = Arrays.copyOfRange(field, start, end);
        int length = 0;
        for (int i = 0; i < value.length; i++) {
            byte octet = value[i];
            if (octet != '\n' && (octet != '\r' || value[i + 1] != '\n')) {
                value[length++] = octet;
            }
        }
        return length == value.length ? value : Arrays.copyOf(value, length);
    }

    private static boolean isSpace(byte octet) {
        return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
    }

    /**
     * The text of an unfolded value. White space between encoded words is dropped, and characters may be split between
     * two of the same charset, which RFC 2047 §5 forbids and many do.
     *
     * <p>mime4j's decoder was not used: its regular expression takes quadratic time on a hostile Subject.
     */
    static String decode(byte[] value) {
        int next = encodedWord(value, 0);
        if (next < 0) {
            return raw(value, 0, value.length);
        }
        var text = new StringBuilder(value.length);
        var octets = new ByteArrayOutputStream();
        int done = 0;
        while (next >= 0) {
            text.append(raw(value, done, next));
            String charset = "";
            octets.reset();
            while (true) {
                int charsetEnd = indexOf(value, '?', next + 2, value.length);
                int textEnd = indexOf(value, '?', charsetEnd + 3, value.length);
                String named = charsetName(value, next + 2, charsetEnd);
                if (!named.equalsIgnoreCase(charset)) {
                    text.append(Charsets.decode(octets.toByteArray(), charset));
                    octets.reset();
                    charset = named;
                }
                if ((value[charsetEnd + 1] | 0x20) == 'b') {
                    Base64Decoder.decode(value, charsetEnd + 3, textEnd, octets);
                } else {
                    decodeQ(value, charsetEnd + 3, textEnd, octets);
                }
                done = textEnd + 2;
                next = encodedWord(value, done);
                if (next < 0 || !isBlank(value, done, next)) {
                    break;
                }
            }
            text.append(Charsets.decode(octets.toByteArray(), charset));
        }
        return text.append(raw(value, done, value.length)).toString();
    }

    /** Octets outside encoded words: ASCII; else UTF-8 (RFC 6532) if they are, else ISO 8859-1. */
    private static String raw(byte[] value, int from, int to) {
        for (int i = from; i < to; i++) {
            if (value[i] < 0) {
                return Charsets.decodeUnnamed(ByteBuffer.wrap(value, from, to - from))
                        .toString();
            }
        }
        return new String(value, from, to - from, ISO_8859_1);
    }

    /** {@code encoded-word = "=?" charset "?" encoding "?" encoded-text "?="}: where the next one starts, or -1. */
    private static int encodedWord(byte[] value, int from) {
        int start = from;
        while ((start = indexOf(value, '=', start, value.length - 1)) >= 0) {
            int end = start + 1;
            if (value[end] == '?' && isEncodedWord(value, start + 2)) {
                return start;
            }
            start = end;
        }
        return -1;
    }

    private static boolean isEncodedWord(byte[] value, int start) {
        int charsetEnd = indexOf(value, '?', start, Math.min(value.length, start + 64));
        if (charsetEnd <= start || charsetEnd + 3 > value.length || value[charsetEnd + 2] != '?') {
            return false;
        }
        int encoding = value[charsetEnd + 1] | 0x20;
        if (encoding != 'b' && encoding != 'q') {
            return false;
        }
        int textEnd = indexOf(value, '?', charsetEnd + 3, value.length);
        return textEnd >= 0 && textEnd + 1 < value.length && value[textEnd + 1] == '=';
    }

    /** The charset without a language (RFC 2231 §5). */
    private static String charsetName(byte[] value, int from, int to) {
        int star = indexOf(value, '*', from, to);
        return new String(value, from, (star < 0 ? to : star) - from, ISO_8859_1);
    }

    private static void decodeQ(byte[] value, int from, int to, ByteArrayOutputStream out) {
        for (int i = from; i < to; i++) {
            int octet = value[i];
            if (octet == '_') {
                octet = ' ';
            } else if (octet == '=' && i + 2 < to) {
                int high = Character.digit(value[i + 1], 16);
                int low = Character.digit(value[i + 2], 16);
                if (high >= 0 && low >= 0) {
                    octet = (high << 4) | low;
                    i += 2;
                }
            }
            out.write(octet);
        }
    }

    private static boolean isBlank(byte[] value, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!isSpace(value[i])) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(byte[] value, char octet, int from, int to) {
        for (int i = from; i < to; i++) {
            if (value[i] == octet) {
                return i;
            }
        }
        return -1;
    }
}
