package heddle.storage;

import heddle.storage.sql.Database;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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
    private static final Logger LOG = System.getLogger(Epochs.class.getName());

    /** How far a modseq jumps, which is more than a mailbox has changes: its upper bits tell the epoch. */
    private static final long MODSEQS = 1L << 32;

    /** {@link #leastModSeq} of a mailbox {@code b}. */
    static final String LEAST_MODSEQ = "(b.highest_modseq - b.highest_modseq % " + MODSEQS + ")";

    /** The timeline that the database writes on, with which all names of its files begin; a standby writes none. */
    private static final String TIMELINE = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

    /**
     * Begins a new epoch. Ids are skipped like UIDs: what was lost may still be known by its id, to a pod's caches and
     * sessions and to clients.
     */
    private static final String BEGIN = """
            WITH begun AS (
                UPDATE database_state SET epoch = epoch + 1, timeline = %1$s WHERE %2$s RETURNING epoch
            )
            SELECT setval(ids.sequence, nextval(ids.sequence) + 1000000 * ids.step)
              FROM begun, (VALUES (pg_get_serial_sequence('account', 'account_id')::regclass, 1),
                                  (pg_get_serial_sequence('mailbox', 'mailbox_id')::regclass, 1),
                                  ('content_id'::regclass, 1000)) AS ids (sequence, step)
            """;

    private final Database database;
    private final AtomicInteger current = new AtomicInteger();

    Epochs(Database database) {
        this.database = database;
    }

    /** {@return the epoch that this database is in} */
    public int current() {
        return current.get();
    }

    /** Learns the epoch, now and on every connection to come before it is used. */
    void open() {
        String sql = "INSERT INTO database_state (timeline) VALUES (" + TIMELINE + ") ON CONFLICT DO NOTHING";
        database.runAtomic(connection -> execute(connection, sql));
        database.onConnect(this::arrive);
        database.run(connection -> {
            arrive(connection);
            return current();
        });
    }

    /**
     * Looks where a new connection has arrived. A promoted standby writes on another timeline than the one that was noted:
     * that is a new epoch by itself.
     *
     * @throws SQLException also when it is a standby: it may lag, and be promoted under the connection
     */
    void arrive(Connection connection) throws SQLException {
        int before = current();
        if (isElsewhere(connection)) {
            execute(connection, BEGIN.formatted(TIMELINE, "timeline <> " + TIMELINE));
        }
        refresh(connection);
        if (before != 0 && before != current()) {
            LOG.log(Level.INFO, "the database is in epoch {0}", current());
            database.forgetConnections();
        }
    }

    private static boolean isElsewhere(Connection connection) throws SQLException {
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT timeline <> " + TIMELINE + " FROM database_state");
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /** Says that the database was restored to an earlier state: a new epoch begins. */
    public void restored() {
        database.runAtomic(connection -> execute(connection, BEGIN.formatted(TIMELINE, "true")));
        database.run(connection -> {
            refresh(connection);
            return current();
        });
    }

    private static boolean execute(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return statement.execute();
        }
    }

    /**
     * {@return the modseq that a message has at least, in a mailbox that has come to {@code highest}} One that has not
     * changed since its mailbox jumped counts as changed then: clients may know changes of it that are lost.
     */
    static long leastModSeq(long highest) {
        return highest - highest % MODSEQS;
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
