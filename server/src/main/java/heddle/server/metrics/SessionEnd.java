package heddle.server.metrics;

/** Why a session was over. */
public enum SessionEnd {
    /** LOGOUT, or QUIT of a mail transfer agent. */
    LOGOUT,
    /** The client closed the connection, or is not to be reached any more. */
    CLIENT_GONE,
    /** The client was silent for too long, or did not log in in time. */
    TIMEOUT,
    /** The server stops or has more sessions than its share, or an operator has ended the session. */
    DISMISSED,
    /** The client was told {@code BYE}: what it sent is no IMAP, too much, or too many wrong passwords; its mailbox is gone. */
    REFUSED,
    /** A response could not be ended as it was begun, so the connection was cut. */
    CUT
}
