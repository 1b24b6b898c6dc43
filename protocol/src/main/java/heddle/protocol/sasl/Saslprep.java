package heddle.protocol.sasl;

import java.text.Normalizer;

/**
 * Makes equal what people take for the same name or password (SASLprep, RFC 4013). Code points that Unicode 3.2 did not
 * have are taken as they are, which RFC 3454 §7 allows for what a user types; else no password could hold an emoji.
 */
public final class Saslprep {
    private Saslprep() {}

    /**
     * {@return {@code text}, prepared}
     *
     * @throws IllegalArgumentException with words for the client, when it holds what no name or password may hold
     */
    public static String prepare(String text) {
        if (isPlain(text)) {
            return text;
        }
        var mapped = new StringBuilder(text.length());
        text.codePoints().map(Saslprep::map).filter(c -> c >= 0).forEach(mapped::appendCodePoint);
        String prepared = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
        if (prepared.codePoints().anyMatch(Saslprep::isProhibited)) {
            throw new IllegalArgumentException("a name or password holds a forbidden character");
        }
        if (!isReadable(prepared)) {
            throw new IllegalArgumentException("a name or password mixes directions of writing");
        }
        return prepared;
    }

    /** Printable US-ASCII, which stays as it is. */
    private static boolean isPlain(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /** Spaces become SPACE (RFC 3454 table C.1.2), invisible characters nothing (table B.1). {@return -1 for nothing} */
    private static int map(int c) {
        if (Character.getType(c) == Character.SPACE_SEPARATOR) {
            return ' ';
        }
        boolean invisible = c == 0xAD
                || c == 0x34F
                || c == 0x1806
                || between(c, 0x180B, 0x180D)
                || between(c, 0x200B, 0x200D)
                || c == 0x2060
                || between(c, 0xFE00, 0xFE0F)
                || c == 0xFEFF;
        return invisible ? -1 : c;
    }

    private static boolean between(int c, int low, int high) {
        return c >= low && c <= high;
    }

    /** RFC 3454 tables C.1.2 to C.9. */
    private static boolean isProhibited(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            case Character.SPACE_SEPARATOR -> c != ' ';
            default ->
                c == 0x6DD
                        || c == 0x70F
                        || c == 0x180E
                        || between(c, 0x200C, 0x200F)
                        || between(c, 0x202A, 0x202E)
                        || between(c, 0x2060, 0x2063)
                        || between(c, 0x206A, 0x206F)
                        || between(c, 0x2FF0, 0x2FFB)
                        || c == 0x340
                        || c == 0x341
                        || between(c, 0xFDD0, 0xFDEF)
                        || c == 0xFEFF
                        || between(c, 0xFFF9, 0xFFFD)
                        || (c & 0xFFFE) == 0xFFFE
                        || between(c, 0x1D173, 0x1D17A)
                        || between(c, 0xE0001, 0xE007F);
        };
    }

    /** Text from right to left begins and ends so, and has nothing from left to right in it (RFC 3454 §6). */
    private static boolean isReadable(String text) {
        if (text.codePoints().noneMatch(Saslprep::isRightToLeft)) {
            return true;
        }
        return isRightToLeft(text.codePointAt(0))
                && isRightToLeft(text.codePointBefore(text.length()))
                && text.codePoints()
                        .noneMatch(c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT);
    }

    private static boolean isRightToLeft(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
