package heddle.protocol.mime;

import java.text.Normalizer;
import java.util.Locale;

/** Turns a text into {@link SearchText} as it passes by. */
final class TextNormalizer implements CharSink {
    private static final int BLOCK = 2048;
    private static final char DROP = '\0';
    private static final char DIFFICULT = '\uffff';

    /** What a character becomes; {@link #DIFFICULT} when that is several, or depends on the characters beside it. */
    private static final char[] FOLDED = folded(0x3400);

    private final CharSink out;
    private final char[] block = new char[BLOCK + 1];

    /** The word at the end of the last piece: what it becomes may depend on the next character. */
    private final char[] word = new char[512];

    private int wordLength;
    private boolean isSpacePending;

    TextNormalizer(CharSink out) {
        this.out = out;
    }

    private static char[] folded(int count) {
        var folded = new char[count];
        for (char c = 0; c < count; c++) {
            boolean isCombining =
                    switch (Character.getType(c)) {
                        case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
                            true;
                        default -> c >= 0x1100 && c < 0x1200; // Hangul letters join into syllables
                    };
            String text = fold(String.valueOf(c));
            if (isSpace(c)) {
                folded[c] = ' ';
            } else if (isCombining || text.length() != 1) {
                folded[c] = c == 0 ? DROP : DIFFICULT;
            } else {
                folded[c] = text.charAt(0);
            }
        }
        return folded;
    }

    private static char folded(char c) {
        if (c < FOLDED.length) {
            return FOLDED[c];
        }
        // Han characters and Hangul syllables have no case.
        return c < 0xa000 || (c >= 0xac00 && c < 0xd7a4) ? c : DIFFICULT;
    }

    /** Case and composition; white space is left as it is. */
    private static String fold(String text) {
        String upper = Normalizer.normalize(text, Normalizer.Form.NFC).toUpperCase(Locale.ROOT);
        var folded = new StringBuilder(upper.length());
        for (int i = 0; i < upper.length(); ) {
            int c = upper.codePointAt(i);
            i += Character.charCount(c);
            if (c != 0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)) {
                // Not String.toLowerCase: it makes another sigma of the one at the end of a word.
                folded.appendCodePoint(Character.toLowerCase(c));
            }
        }
        return Normalizer.normalize(folded, Normalizer.Form.NFC);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    @Override
    public boolean isFull() {
        return out.isFull();
    }

    @Override
    public void accept(char[] text, int from, int to) {
        int start = from;
        while (wordLength > 0 && start < to) {
            int cut = start;
            int end = Math.min(to, start + word.length - wordLength);
            while (cut < end && !endsWord(text[cut])) {
                cut++;
            }
            System.arraycopy(text, start, word, wordLength, cut - start);
            wordLength += cut - start;
            start = cut;
            if (cut < to) { // the word is complete, or there is no more room for it
                int length = endsWord(text[cut]) ? wordLength : lastBreak(word, 0, wordLength);
                convert(word, 0, length);
                System.arraycopy(word, length, word, 0, wordLength - length);
                wordLength -= length;
            }
        }
        if (start == to) {
            return;
        }
        int cut = to;
        while (cut > start && to - cut < word.length && !endsWord(text[cut - 1])) {
            cut--;
        }
        if (to - cut == word.length) {
            cut = lastBreak(text, start, to);
        }
        convert(text, start, cut);
        System.arraycopy(text, cut, word, 0, to - cut);
        wordLength = to - cut;
    }

    /** Ends a text that is stored: white space at its end is dropped. The next text is another one. */
    void end() {
        convert(word, 0, wordLength);
        wordLength = 0;
        isSpacePending = false;
    }

    /** Ends a text that is searched for: white space at its end counts. */
    void endWithSpace() {
        convert(word, 0, wordLength);
        wordLength = 0;
        if (isSpacePending) {
            block[0] = ' ';
            out.accept(block, 0, 1);
        }
        end();
    }

    /** The last place in a long word where it can be cut without changing what its characters become. */
    private static int lastBreak(char[] text, int from, int to) {
        for (int cut = to - 1; cut > Math.max(from, to - 64); cut--) {
            if (folded(text[cut]) != DIFFICULT) {
                return cut;
            }
        }
        return Character.isHighSurrogate(text[to - 1]) ? to - 1 : to;
    }

    /** {@return whether this is white space that joins with nothing} */
    private static boolean endsWord(char c) {
        return c < 128 && FOLDED[c] == ' ';
    }

    private void convert(char[] text, int from, int to) {
        int start = from;
        while (start < to) {
            int difficult = start;
            while (difficult < to && folded(text[difficult]) != DIFFICULT) {
                difficult++;
            }
            int wordStart = difficult;
            int wordEnd = difficult;
            if (difficult < to) {
                while (wordStart > start && !endsWord(text[wordStart - 1])) {
                    wordStart--;
                }
                while (wordEnd < to && !endsWord(text[wordEnd])) {
                    wordEnd++;
                }
            }
            convertSingly(text, start, wordStart);
            if (wordEnd > wordStart) {
                char[] word =
                        fold(new String(text, wordStart, wordEnd - wordStart)).toCharArray();
                convertFolded(word);
            }
            start = wordEnd;
        }
    }

    private void convertSingly(char[] text, int from, int to) {
        for (int start = from; start < to; start += BLOCK) {
            int end = Math.min(to, start + BLOCK);
            int length = 0;
            boolean space = isSpacePending;
            for (int i = start; i < end; i++) {
                char c = folded(text[i]);
                if (c == ' ') {
                    space = true;
                } else if (c != DROP) {
                    if (space) {
                        block[length++] = ' ';
                        space = false;
                    }
                    block[length++] = c;
                }
            }
            isSpacePending = space;
            out.accept(block, 0, length);
        }
    }

    private void convertFolded(char[] text) {
        int length = 0;
        for (char c : text) {
            if (isSpace(c)) {
                isSpacePending = true;
            } else {
                if (isSpacePending) {
                    out.accept(text, 0, length);
                    block[0] = ' ';
                    out.accept(block, 0, 1);
                    length = 0;
                    isSpacePending = false;
                }
                text[length++] = c;
            }
        }
        out.accept(text, 0, length);
    }
}
