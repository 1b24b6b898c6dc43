package heddle.server.metrics;

/** A limit that a client can hit. */
public enum Limit {
    LINE,
    LITERAL,
    MESSAGE,
    ARGUMENTS,
    NESTING,
    LOGIN_TIME,
    IDLE_TIME,
    WRITE_TIME,
    HANDSHAKE_TIME,
    PROXY_TIME,
    LOGIN_FAILURES,
    CONNECTIONS_TOTAL,
    CONNECTIONS_PER_ADDRESS,
    CONNECTIONS_PER_USER,
    QUOTA,
    RECIPIENTS,
    DATABASE_WAIT
}
