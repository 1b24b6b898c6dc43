package heddle.server.metrics;

/** A limit that a client can hit. */
public enum Limit {
    /** Length of a command's line, its arguments, or how deep they are nested. */
    COMMAND,
    /** Size of a literal or a message. */
    SIZE,
    /** Temporary files of messages that arrive. */
    SPOOL,
    /** Keywords or UIDs of a mailbox. */
    MAILBOX,
    QUOTA,
    RECIPIENTS,
    LOGIN_TIME,
    IDLE_TIME,
    WRITE_TIME,
    HANDSHAKE_TIME,
    PROXY_TIME,
    LOGIN_FAILURES,
    CONNECTIONS_TOTAL,
    CONNECTIONS_PER_ADDRESS,
    CONNECTIONS_PER_USER
}
