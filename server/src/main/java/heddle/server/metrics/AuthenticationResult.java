package heddle.server.metrics;

/** How an attempt to log in ended. */
public enum AuthenticationResult {
    OK,
    /** Unknown user or wrong password. */
    REFUSED,
    /** The client gave up ({@code *}). */
    CANCELLED,
    /** Not even looked at: too many failures, too many connections, or no TLS. */
    LIMITED,
    /** The database could not be asked. */
    UNAVAILABLE
}
