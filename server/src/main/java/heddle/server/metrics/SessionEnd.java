package heddle.server.metrics;

/** Why a session was over. */
public enum SessionEnd {
    /** LOGOUT, or QUIT of a mail transfer agent. */
    LOGOUT,
    /** The client closed the connection, or is not to be reached any more. */
    CLIENT_GONE,
    /** The client was silent for too long, did not log in or shake hands in time, or did not read what it asked for. */
    TIMEOUT,
    /** The server stops or has more sessions than its share, or an operator has ended the session. */
    DISMISSED,
    /** The client was told {@code BYE}: what it sent is no IMAP, too much, or too many wrong passwords; its mailbox is gone. */
    REFUSED,
    /** What the client was to be told could not be said, or not to its end, so the connection was cut. */
    CUT
}
