package heddle.storage;

import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database that may have lost commits gets a new epoch; a mailbox of an older one jumps before it is used, so that no
 * UID and no modseq is ever handed out twice, and every client of before gets one full resync (DESIGN §4 rule 5).
 */
public final class Epochs {
    private final Database database;
    private final AtomicInteger current = new AtomicInteger();

    Epochs(Database database) {
        this.database = database;
    }

    /** {@return the epoch that this database is in} */
    public int current() {
        return current.get();
    }

    /**
     * Reads the epoch. A promoted standby writes on another timeline than the one that was noted: that is a new epoch
     * by itself.
     */
    void open() {
        String sql = """
                INSERT INTO database_state AS known (timeline)
                VALUES (substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))
                    ON CONFLICT (only_row) DO UPDATE
                   SET epoch = known.epoch + CASE WHEN known.timeline = excluded.timeline THEN 0 ELSE 1 END,
                       timeline = excluded.timeline
                RETURNING epoch
                """;
        current.set(database.runAtomic(connection -> read(connection, sql)));
    }

    /** Says that the database was restored to an earlier state: a new epoch begins. */
    public void restored() {
        database.runAtomic(
                connection -> read(connection, "UPDATE database_state SET epoch = epoch + 1 RETURNING epoch"));
        database.run(connection -> {
            refresh(connection);
            return current();
        });
    }

    private static int read(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Learns of an epoch that was begun elsewhere. What was read before another thread read a newer one is not believed. */
    void refresh(Connection connection) throws SQLException {
        int known;
        int read;
        do {
            known = current.get();
            read = read(connection, "SELECT epoch FROM database_state");
        } while (!current.compareAndSet(known, read));
    }

    /**
     * Takes both mailboxes as {@link Locks#take(Connection, MailboxId, MailboxId)} does, and brings them to the current
     * epoch.
     */
    List<Locks.Held> take(Connection connection, MailboxId one, MailboxId other) throws SQLException {
        List<Locks.Held> both = Locks.take(connection, one, other);
        if (both.stream().anyMatch(held -> held.epoch() != current())) {
            jump(connection, one.account());
        }
        return both;
    }

    /** Brings all mailboxes of the account to the current epoch, which another pod may have begun. */
    void jump(Connection connection, AccountId account) throws SQLException {
        refresh(connection);
        String sql = """
                UPDATE mailbox
                   SET uid_next = uid_next + 1000000,
                       highest_modseq = highest_modseq + 4294967296,
                       journal_floor = highest_modseq + 4294967296,
                       epoch = ?
                 WHERE account_id = ? AND epoch < ?
                """;
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setInt(1, current());
            update.setLong(2, account.value());
            update.setInt(3, current());
            update.executeUpdate();
        }
    }
}
