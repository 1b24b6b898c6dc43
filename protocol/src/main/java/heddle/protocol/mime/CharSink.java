package heddle.protocol.mime;

/** Takes a text piece by piece. */
interface CharSink {
    /** Takes the characters from {@code from} to {@code to}; they are not kept. */
    void accept(char[] text, int from, int to);

    /** {@return whether nothing more is wanted} */
    default boolean isFull() {
        return false;
    }
}
