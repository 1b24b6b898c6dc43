package heddle.protocol.mime;

/** Keeps a text, as long as it is not more than so many octets of UTF-8. */
final class TextBuffer implements CharSink {
    private int limit;
    private final StringBuilder text;
    private int octets;
    private boolean isTruncated;

    /** @param capacity how many characters are to be expected */
    TextBuffer(int limit, int capacity) {
        this.limit = limit;
        this.text = new StringBuilder(Math.min(limit, capacity));
    }

    @Override
    public void accept(char[] chars, int from, int to) {
        int end = from;
        while (end < to) {
            char c = chars[end];
            int more = c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
            if (more > limit - octets) {
                isTruncated = true;
                limit = octets; // nothing goes behind a gap
                end -= end > from && Character.isHighSurrogate(chars[end - 1]) ? 1 : 0;
                break;
            }
            octets += more;
            end++;
        }
        text.append(chars, from, end - from);
    }

    void append(String more) {
        char[] chars = more.toCharArray();
        accept(chars, 0, chars.length);
    }

    @Override
    public boolean isFull() {
        return isTruncated;
    }

    boolean isTruncated() {
        return isTruncated;
    }

    int length() {
        return text.length();
    }

    String from(int start) {
        return text.substring(start);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
