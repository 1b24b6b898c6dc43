package heddle.protocol.wire;

/** The character classes of RFC 3501 §9 as one table of 256 octets; each class is a bit. */
final class CharacterClass {
    /** {@code ATOM-CHAR}: any CHAR except {@code ( ) {} SP CTL % * " \ ]}. */
    static final int ATOM = 1;
    /** {@code ASTRING-CHAR}: {@code ATOM-CHAR} or {@code ]}. */
    static final int ASTRING = 1 << 1;
    /** {@code list-char}: {@code ASTRING-CHAR}, {@code %} or {@code *}. */
    static final int LIST = 1 << 2;
    /** What a tag is made of: {@code ASTRING-CHAR} except {@code +}. */
    static final int TAG = 1 << 3;
    /** What a quoted string holds as it is: 1 to 255 except CR, LF, {@code "} and {@code \}. */
    static final int QUOTED = 1 << 4;

    static final int DIGIT = 1 << 5;
    /** What base64 is written with, padding included. */
    static final int BASE64 = 1 << 6;
    /** What the name of a FETCH item or of a section is made of: {@code ATOM-CHAR} except {@code [} and {@code <}. */
    static final int NAME = 1 << 7;

    static final int LETTER = 1 << 8;

    private static final short[] CLASSES = new short[256];

    static {
        for (int octet = 1; octet < 256; octet++) {
            int classes = 0;
            if (octet > ' ' && octet < 0x7F && "(){%*\"\\]".indexOf(octet) < 0) {
                classes |= ATOM;
            }
            if ((classes & ATOM) != 0 || octet == ']') {
                classes |= ASTRING;
            }
            if ((classes & ASTRING) != 0 || octet == '%' || octet == '*') {
                classes |= LIST;
            }
            if ((classes & ASTRING) != 0 && octet != '+') {
                classes |= TAG;
            }
            if (octet != '\r' && octet != '\n' && octet != '"' && octet != '\\') {
                classes |= QUOTED;
            }
            if (between(octet, '0', '9')) {
                classes |= DIGIT;
            }
            if (between(octet, 'A', 'Z') || between(octet, 'a', 'z')) {
                classes |= LETTER;
            }
            if ((classes & (DIGIT | LETTER)) != 0 || "+/=".indexOf(octet) >= 0) {
                classes |= BASE64;
            }
            if ((classes & ATOM) != 0 && octet != '[' && octet != '<') {
                classes |= NAME;
            }
            CLASSES[octet] = (short) classes;
        }
    }

    private CharacterClass() {}

    private static boolean between(int octet, char low, char high) {
        return octet >= low && octet <= high;
    }

    static boolean has(int octet, int characterClass) {
        return (CLASSES[octet & 0xFF] & characterClass) != 0;
    }

    /** {@return whether all of {@code text} is in the class, and there is some} */
    static boolean all(CharSequence text, int characterClass) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0xFF || !has(c, characterClass)) {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
