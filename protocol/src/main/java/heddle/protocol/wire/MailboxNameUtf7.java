package heddle.protocol.wire;

import java.util.Arrays;

/**
 * Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3). Every name has exactly one spelling; all others are
 * refused, so that what is decoded and written again is what the client sent.
 */
public final class MailboxNameUtf7 {
    private static final String BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    private static final byte[] VALUES = new byte[128];

    static {
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < BASE64.length(); i++) {
            VALUES[BASE64.charAt(i)] = (byte) i;
        }
    }

    private MailboxNameUtf7() {}

    /** {@return {@code name} in modified UTF-7; a lone surrogate is written as it is} */
    public static String encode(String name) {
        if (isPlain(name)) {
            return name;
        }
        var wire = new StringBuilder(name.length() + 16);
        int i = 0;
        while (i < name.length()) {
            char c = name.charAt(i);
            if (c == '&') {
                wire.append("&-");
                i++;
            } else if (isPrintable(c)) {
                wire.append(c);
                i++;
            } else {
                i = encodeRun(name, i, wire);
            }
        }
        return wire.toString();
    }

    private static int encodeRun(String name, int from, StringBuilder wire) {
        wire.append('&');
        int bits = 0;
        int count = 0;
        int i = from;
        for (; i < name.length() && !isPrintable(name.charAt(i)); i++) {
            bits = bits << 16 | name.charAt(i);
            count += 16;
            while (count >= 6) {
                count -= 6;
                wire.append(BASE64.charAt(bits >> count & 0x3F));
            }
            bits &= (1 << count) - 1;
        }
        if (count > 0) {
            wire.append(BASE64.charAt(bits << (6 - count) & 0x3F));
        }
        wire.append('-');
        return i;
    }

    /**
     * {@return what {@code wire} spells; {@code %} and {@code *} stand for themselves, as patterns need it}
     *
     * @throws SyntaxException when it is not the one modified UTF-7 spelling of anything
     */
    public static String decode(String wire) {
        if (isPlain(wire)) {
            return wire;
        }
        var name = new StringBuilder(wire.length());
        boolean afterShift = false;
        int i = 0;
        while (i < wire.length()) {
            char c = wire.charAt(i++);
            if (!isPrintable(c)) {
                throw new SyntaxException("a mailbox name is written in modified UTF-7");
            }
            if (c != '&') {
                name.append(c);
                afterShift = false;
                continue;
            }
            int end = wire.indexOf('-', i);
            if (end < 0) {
                throw new SyntaxException("modified UTF-7 must end with a shift back to US-ASCII");
            }
            if (end == i) {
                name.append('&');
                afterShift = false;
            } else if (afterShift) {
                throw new SyntaxException("superfluous shift in modified UTF-7");
            } else {
                decodeRun(wire, i, end, name);
                afterShift = true;
            }
            i = end + 1;
        }
        return name.toString();
    }

    private static void decodeRun(String wire, int from, int end, StringBuilder name) {
        int bits = 0;
        int count = 0;
        boolean high = false;
        for (int i = from; i < end; i++) {
            char c = wire.charAt(i);
            int value = c < 128 ? VALUES[c] : -1;
            if (value < 0) {
                throw new SyntaxException("not modified BASE64 in a mailbox name");
            }
            bits = bits << 6 | value;
            count += 6;
            if (count >= 16) {
                count -= 16;
                char unit = (char) (bits >> count);
                bits &= (1 << count) - 1;
                if (isPrintable(unit) || Character.isLowSurrogate(unit) != high) {
                    throw new SyntaxException("modified UTF-7 of a mailbox name encodes what it must not");
                }
                high = Character.isHighSurrogate(unit);
                name.append(unit);
            }
        }
        // What is left over of the last character is less than one BASE64 digit, and zero.
        if (count >= 6 || bits != 0 || high) {
            throw new SyntaxException("modified UTF-7 of a mailbox name ends within a character");
        }
    }

    private static boolean isPrintable(char c) {
        return c >= ' ' && c <= '~';
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '&' || !isPrintable(c)) {
                return false;
            }
        }
        return true;
    }
}
