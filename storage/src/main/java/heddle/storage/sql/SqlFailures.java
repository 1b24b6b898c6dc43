package heddle.storage.sql;

import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** What the database's errors mean, by SQLSTATE. */
final class SqlFailures {
    private SqlFailures() {}

    /** Whether the transaction was rolled back for a reason that is not its own, so that it can be tried again. */
    static boolean isRolledBack(SQLException failed) {
        return switch (state(failed)) {
            case "40001", "40P01" -> true; // serialization failure, deadlock
            default -> false;
        };
    }

    /** Whether the connection broke, so that nobody knows what the database did with what was sent last. */
    static boolean isLost(SQLException failed) {
        String state = state(failed);
        return state.startsWith("08")
                || state.startsWith("57P")
                || state.equals("25P03") // thrown out: it was idle for too long
                || failed.getCause() instanceof IOException;
    }

    /** Whether it was the work itself that took too long or met another's, though the database answers. */
    static boolean isContention(SQLException failed) {
        return switch (state(failed)) {
            case "55P03", "57014" -> true; // lock_timeout, statement_timeout
            default -> isRolledBack(failed);
        };
    }

    /** Whether the database can only be read: it was a primary, perhaps, and is none any more. */
    static boolean isReadOnly(SQLException failed) {
        return state(failed).equals("25006");
    }

    static StorageException translate(SQLException failed) {
        String state = state(failed);
        if (failed
                instanceof SQLTransientConnectionException) { // from the pool, with the state of whatever is behind it
            return new StorageException(Reason.UNAVAILABLE, "the mail store does not answer, try again later", failed);
        }
        if (state.equals("53100") || isReadOnly(failed)) { // disk full
            return new StorageException(Reason.READ_ONLY, "the mail store can only be read now", failed);
        }
        // Out of memory or connections; an unlogged table, on a standby.
        if (state.startsWith("53") || state.equals("0A000")) {
            return new StorageException(Reason.UNAVAILABLE, "the mail store cannot take this now", failed);
        }
        if (state.startsWith("28") || state.startsWith("3D")) { // who we say we are, the database we name
            return new StorageException(Reason.UNAVAILABLE, "the mail store refuses the connection", failed);
        }
        // Class 08: connection; 57: operator intervention, time-outs; 55: lock not available, a standby.
        if (isLost(failed)
                || isRolledBack(failed)
                || state.startsWith("57")
                || state.startsWith("55")
                || state.isEmpty()) {
            return new StorageException(Reason.UNAVAILABLE, "the mail store does not answer, try again later", failed);
        }
        if (state.equals("23514")) { // a CHECK: the only one that mail can reach is the largest UID
            return new StorageException(Reason.LIMIT, "all UIDs of this mailbox are used up", failed);
        }
        throw new IllegalStateException("unexpected SQLSTATE " + state, failed);
    }

    private static String state(SQLException failed) {
        String state = failed.getSQLState();
        return state == null ? "" : state;
    }
}
