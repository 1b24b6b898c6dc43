package heddle.protocol.mime;

import java.text.Normalizer;
import java.util.Locale;

/** Turns a text into {@link SearchText} as it passes by. */
final class TextNormalizer implements CharSink {
    private static final int BLOCK = 2048;
    private static final char DROP = '\uffff';
    /** What each character of ASCII becomes. */
    private static final char[] FOLDED = folded();

    private final CharSink out;
    private final char[] block = new char[BLOCK];

    /** The word at the end of the last piece: what it becomes may depend on the next character. */
    private final char[] word = new char[512];

    private int wordLength;
    private boolean isAfterSpace;

    TextNormalizer(CharSink out) {
        this.out = out;
    }

    private static char[] folded() {
        var folded = new char[128];
        for (char c = 0; c < 128; c++) {
            folded[c] = Character.isWhitespace(c) ? ' ' : Character.toLowerCase(c);
        }
        folded[0] = DROP;
        return folded;
    }

    @Override
    public boolean isFull() {
        return out.isFull();
    }

    @Override
    public void accept(char[] text, int from, int to) {
        int start = from;
        while (wordLength > 0 && start < to) {
            int end = Math.min(to, start + word.length - wordLength);
            int cut = start;
            while (cut < end && !isSpace(text[cut])) {
                cut++;
            }
            System.arraycopy(text, start, word, wordLength, cut - start);
            wordLength += cut - start;
            start = cut;
            if (cut < to) { // the word is complete, or there is no more room for it
                int length = isSpace(text[cut]) ? wordLength : lastBreak(word, 0, wordLength);
                fold(word, 0, length);
                System.arraycopy(word, length, word, 0, wordLength - length);
                wordLength -= length;
            }
        }
        if (start == to) {
            return;
        }
        int cut = to;
        while (cut > start && to - cut < word.length && !isSpace(text[cut - 1])) {
            cut--;
        }
        if (to - cut == word.length) {
            cut = lastBreak(text, start, to);
        }
        fold(text, start, cut);
        System.arraycopy(text, cut, word, 0, to - cut);
        wordLength = to - cut;
    }

    /** Hands over what is left; the next text is another one. */
    void end() {
        fold(word, 0, wordLength);
        wordLength = 0;
        isAfterSpace = false;
    }

    /** The last place in a long word where it can be cut without changing what its characters become. */
    private static int lastBreak(char[] text, int from, int to) {
        for (int cut = to - 1; cut > Math.max(from, to - 64); cut--) {
            char next = text[cut];
            if (next < 0x300 || (next >= 0x3400 && next < 0xa000)) { // Latin letters, Han characters
                return cut;
            }
        }
        return Character.isHighSurrogate(text[to - 1]) ? to - 1 : to;
    }

    private static boolean isSpace(char c) {
        return c < 128 && FOLDED[c] == ' ';
    }

    private void fold(char[] text, int from, int to) {
        int end = from;
        while (end < to && text[end] < 128) {
            end++;
        }
        if (end < to) { // not ASCII: the word this is in, and what follows, take the long way
            while (end > from && !isSpace(text[end - 1])) {
                end--;
            }
        }
        foldAscii(text, from, end);
        if (end < to) {
            foldUnicode(new String(text, end, to - end));
        }
    }

    private void foldAscii(char[] text, int from, int to) {
        for (int start = from; start < to; start += BLOCK) {
            int end = Math.min(to, start + BLOCK);
            int length = 0;
            boolean space = isAfterSpace;
            for (int i = start; i < end; i++) {
                char c = FOLDED[text[i]];
                if (c != DROP && (c != ' ' || !space)) {
                    block[length++] = c;
                    space = c == ' ';
                }
            }
            isAfterSpace = space;
            out.accept(block, 0, length);
        }
    }

    private void foldUnicode(String text) {
        String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        String upper = composed.toUpperCase(Locale.ROOT);
        var folded = new StringBuilder(upper.length());
        for (int i = 0; i < upper.length(); ) {
            int c = upper.codePointAt(i);
            i += Character.charCount(c);
            if (c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                continue;
            }
            if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
                if (!isAfterSpace) {
                    folded.append(' ');
                }
                isAfterSpace = true;
            } else {
                // Not String.toLowerCase: it makes another sigma of the one at the end of a word.
                folded.appendCodePoint(Character.toLowerCase(c));
                isAfterSpace = false;
            }
        }
        String result = Normalizer.normalize(folded, Normalizer.Form.NFC);
        out.accept(result.toCharArray(), 0, result.length());
    }
}
