package heddle.storage;

import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;

/**
 * The right to sweep, which one pod has at a time. Whoever has it prolongs it at the begin of each of its transactions, and
 * holds the row of the turn until that is over; so no other can take it meanwhile, and one that was asleep for too long finds
 * that it is another's by now.
 */
final class SweeperTurn {
    private final Database database;
    private final long self;
    private final Duration held;

    /** The turn was not prolonged in time, and is another's. */
    static final class LostException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LostException() {
            super("it is another pod's turn to sweep");
        }
    }

    /**
     * @param self the id of this pod
     * @param held how long the turn is a pod's that says no more
     */
    SweeperTurn(Database database, long self, Duration held) {
        this.database = database;
        this.self = self;
        this.held = held;
    }

    /**
     * Takes the turn.
     *
     * @param since how long ago the last sweep must have begun
     * @return false when that is too short ago, or somebody is at it
     */
    boolean take(Duration since) {
        String sql = """
                INSERT INTO sweeper AS last (pod_id, held_until)
                VALUES (?, now() + make_interval(secs => ?))
                    ON CONFLICT (only_row) DO UPDATE
                   SET pod_id = excluded.pod_id, held_until = excluded.held_until, begun_at = excluded.begun_at
                 WHERE last.held_until <= now() AND last.begun_at <= now() - make_interval(secs => ?)
                """;
        return database.run(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                insert.setLong(1, self);
                insert.setDouble(2, seconds(held));
                insert.setDouble(3, seconds(since));
                return insert.executeUpdate() == 1;
            }
        });
    }

    /**
     * Keeps the turn for a while longer, and everybody else from it until the transaction is over.
     *
     * @throws LostException when it is another's
     */
    void prolong(Connection connection) throws SQLException {
        String sql = "UPDATE sweeper SET held_until = now() + make_interval(secs => ?) WHERE pod_id = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setDouble(1, seconds(held));
            update.setLong(2, self);
            if (update.executeUpdate() == 0) {
                throw new LostException();
            }
        }
    }

    /** Lets others have it. */
    void release() {
        String sql = "UPDATE sweeper SET held_until = now() WHERE pod_id = ?";
        database.run(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setLong(1, self);
                return update.executeUpdate();
            }
        });
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1e3;
    }
}
