package heddle.storage.sql;

import java.sql.SQLException;

/** The connection broke after COMMIT was sent: whether it took place must be looked up (DESIGN §4 rule 6). */
public final class UnknownOutcomeException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param cause what the driver said */
    public UnknownOutcomeException(SQLException cause) {
        super("no answer to COMMIT", cause);
    }
}
