package heddle.protocol.mime;

/**
 * The form in which texts are compared (DESIGN §9): Unicode normalisation form C, full case folding without a locale,
 * runs of white space as one space, no U+0000 and no lone surrogates. What is stored and what is searched for go through
 * the same code.
 */
public final class SearchText {
    private SearchText() {}

    /** {@return the text in that form} */
    public static String normalize(String text) {
        var out = new TextBuffer(Integer.MAX_VALUE, text.length());
        var normalizer = new TextNormalizer(out);
        char[] chars = text.toCharArray();
        normalizer.accept(chars, 0, chars.length);
        normalizer.endWithSpace();
        return out.toString();
    }
}
