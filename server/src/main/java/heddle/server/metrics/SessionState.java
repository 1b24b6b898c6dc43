package heddle.server.metrics;

/** The states of a session (RFC 3501 §3) that are counted. */
public enum SessionState {
    NOT_AUTHENTICATED,
    AUTHENTICATED,
    SELECTED
}
