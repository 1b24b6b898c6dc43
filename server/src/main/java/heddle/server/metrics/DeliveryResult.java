package heddle.server.metrics;

/** What became of a message for one recipient (RFC 2033 §4.2). */
public enum DeliveryResult {
    DELIVERED,
    NO_SUCH_USER,
    OVER_QUOTA,
    TOO_BIG,
    /** To be tried again by the sender. */
    DEFERRED
}
