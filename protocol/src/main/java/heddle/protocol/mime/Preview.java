package heddle.protocol.mime;

/** Takes the beginning of a text as it passes by, white space as single spaces (RFC 8970). */
final class Preview implements CharSink {
    private static final int LONGEST = 200;

    private final StringBuilder text = new StringBuilder(LONGEST);
    private final CharSink out;
    private boolean isComplete;

    Preview(CharSink out) {
        this.out = out;
    }

    @Override
    public boolean isFull() {
        return out.isFull();
    }

    @Override
    public void accept(char[] chars, int from, int to) {
        for (int i = from; i < to && !isComplete; i++) {
            take(chars[i]);
        }
        out.accept(chars, from, to);
    }

    private void take(char c) {
        boolean isAfterSpace = text.isEmpty() || text.charAt(text.length() - 1) == ' ';
        if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
            if (!isAfterSpace) {
                text.append(' ');
            }
        } else if (Character.isHighSurrogate(c) && text.length() + 1 == LONGEST) {
            isComplete = true;
        } else if (!Character.isISOControl(c)) {
            text.append(c);
        }
        isComplete |= text.length() == LONGEST;
    }

    /** Ends a body part: the first one with text is the one that is shown. */
    void endPart() {
        isComplete |= !text.isEmpty();
    }

    @Override
    public String toString() {
        return text.toString().strip();
    }
}
