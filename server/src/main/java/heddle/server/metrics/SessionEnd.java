package heddle.server.metrics;

/** Why a pod ends a session that its client would have gone on with. */
public enum SessionEnd {
    /** An operator asks for it, or has closed the account. */
    REQUEST,
    /** The pod has more sessions than its share. */
    BALANCE
}
