package heddle.server.metrics;

/** How a command ended. */
public enum Outcome {
    OK,
    NO,
    BAD,
    /** Our own bug. */
    SERVERBUG,
    /** The server ended the connection instead of an answer. */
    BYE,
    /** The client left before the answer. */
    GONE
}
