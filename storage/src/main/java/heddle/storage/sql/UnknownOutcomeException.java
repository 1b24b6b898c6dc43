package heddle.storage.sql;

import heddle.storage.StorageException;
import java.sql.SQLException;

/**
 * The connection broke after COMMIT was sent: whether it took place must be looked up (DESIGN §4 rule 6).
 * Where there is nothing to look it up by, the client is told that the database does not answer.
 */
public final class UnknownOutcomeException extends StorageException {
    private static final long serialVersionUID = 1;

    /** @param cause what the driver said */
    public UnknownOutcomeException(SQLException cause) {
        super(Reason.UNAVAILABLE, "the mail store does not answer, try again later", cause);
    }
}
