package heddle.protocol.mime;

/** Keeps a text up to a limit. */
final class TextBuffer implements CharSink {
    private final int limit;
    private final StringBuilder text;
    private boolean isTruncated;

    /** @param capacity how many characters are to be expected */
    TextBuffer(int limit, int capacity) {
        this.limit = limit;
        this.text = new StringBuilder(Math.min(limit, capacity));
    }

    @Override
    public void accept(char[] chars, int from, int to) {
        int room = limit - text.length();
        if (to - from <= room) {
            text.append(chars, from, to - from);
            return;
        }
        isTruncated = true;
        int length = room > 0 && Character.isHighSurrogate(chars[from + room - 1]) ? room - 1 : room;
        text.append(chars, from, length);
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
