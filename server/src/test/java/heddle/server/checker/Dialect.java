package heddle.server.checker;

/** How much of RFC 7162 a client speaks. */
enum Dialect {
    PLAIN,
    /** Asks for the modseq of each message. */
    CONDSTORE,
    /** Remembers mailboxes that it has left, and asks only for what has changed since. */
    QRESYNC;

    boolean hasModSeqs() {
        return this != PLAIN;
    }

    boolean resyncs() {
        return this == QRESYNC;
    }

    /** {@return the items of FETCH that tell all that can change of a message} */
    String flags() {
        return hasModSeqs() ? "UID FLAGS MODSEQ" : "UID FLAGS";
    }
}
