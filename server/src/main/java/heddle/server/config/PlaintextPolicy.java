package heddle.server.config;

/** Where a password may be sent over a connection without TLS (RFC 3501 §6.2.3, LOGINDISABLED). */
public enum PlaintextPolicy {
    NEVER,
    /** Only by clients on this machine. */
    LOOPBACK,
    ALWAYS
}
