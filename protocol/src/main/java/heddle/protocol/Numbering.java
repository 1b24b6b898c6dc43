package heddle.protocol;

/** What the numbers in a command and in its answers are (RFC 3501 §2.3.1, §6.4.8). */
public enum Numbering {
    /** Message sequence numbers. */
    SEQUENCE,
    /** Unique identifiers: the command began with {@code UID}. */
    UID
}
