package heddle.server.metrics;

/** Why a pod that goes on ends a session that its client would have gone on with. */
public enum Dismissal {
    /** An operator asks for it, or has closed the account. */
    REQUEST,
    /** The pod has more sessions than its share. */
    BALANCE
}
