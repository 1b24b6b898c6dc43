package heddle.server.metrics;

/** What protects a connection. */
public enum TlsVersion {
    NONE,
    TLS_1_2,
    TLS_1_3,
    /** The balancer has taken it off, and says so. */
    BALANCER
}
