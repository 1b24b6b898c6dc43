package heddle.storage;

import heddle.storage.sql.Database;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A database that may have lost commits gets a new epoch; a mailbox of an older one jumps before it is used, so that no
 * UID and no modseq is ever handed out twice, and every client of before gets one full resync (DESIGN §4 rule 5).
 */
public final class Epochs {
    private static final Logger LOG = System.getLogger(Epochs.class.getName());

    /** How far modseqs jump per epoch, which is more than a mailbox has changes: their upper bits tell the epoch. */
    private static final long MODSEQS = 1L << 32;

    /** How far UIDs jump per epoch: a million at least, since numbers of epochs are far apart. */
    private static final long UIDS = 10_000;

    /** How far UIDVALIDITY jumps per epoch: further than mailboxes that are lost have been ahead of the clock. */
    private static final int UID_VALIDITIES = 1_000;

    /** The least UIDVALIDITY that a new mailbox may have. */
    static final String LEAST_UID_VALIDITY =
            "(SELECT extract(epoch FROM now())::bigint + epoch::bigint * " + UID_VALIDITIES + " FROM database_state)";

    /** {@link #leastModSeq} of a mailbox {@code b}. */
    static final String LEAST_MODSEQ = "(b.highest_modseq - b.highest_modseq % " + MODSEQS + ")";

    /** The timeline that the database writes on, with which all names of its files begin; a standby writes none. */
    private static final String TIMELINE = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

    /**
     * Begins a new epoch, whose number is by chance: who restores the same copy twice hardly gets the same numbers twice,
     * though the copy knows nothing of the first time. Ids are skipped like UIDs: what was lost may still be known by its
     * id, to a pod's caches and sessions and to clients.
     */
    private static final String BEGIN = """
            WITH begun AS (
                UPDATE database_state
                   SET epoch = greatest(epoch, ?) + 100 + floor(random() * 1000)::integer, timeline = %1$s
                 WHERE %2$s
                RETURNING epoch
            )
            SELECT setval(ids.sequence, nextval(ids.sequence) + (1000000 + floor(random() * 1e7)::bigint) * ids.step)
              FROM begun, (VALUES (pg_get_serial_sequence('account', 'account_id')::regclass, 1),
                                  (pg_get_serial_sequence('mailbox', 'mailbox_id')::regclass, 1),
                                  ('content_id'::regclass, 1000)) AS ids (sequence, step)
            """;

    /** Ends all other connections of servers, which have such names, and waits for that, 5 s for each at most. */
    private static final String END_OTHERS = """
            SELECT pg_terminate_backend(pid, 5000)
              FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE 'heddle%' AND pid <> pg_backend_pid()
            """;

    /** Takes mailboxes of an older epoch by ascending id, as everybody does (DESIGN §4 rule 2). */
    private static final String JUMP = """
            WITH held AS (
                SELECT mailbox_id
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id BETWEEN ? AND ? AND epoch < ?
                 ORDER BY mailbox_id
                   FOR UPDATE
            )
            UPDATE mailbox m
               SET uid_next = least(m.uid_next + (? - m.epoch) * %1$d::bigint, 4294967296),
                   highest_modseq = m.highest_modseq + (? - m.epoch) * %2$d,
                   journal_floor = m.highest_modseq + (? - m.epoch) * %2$d,
                   epoch = ?
              FROM held
             WHERE m.account_id = ? AND m.mailbox_id = held.mailbox_id AND m.epoch < ?
            """.formatted(UIDS, MODSEQS);

    private final Database database;

    /** All pools that go to it. */
    private final List<Database> pools;

    private final AtomicInteger current = new AtomicInteger();

    /** The newest timeline seen: a database on an older one is a primary that has been replaced. */
    private final AtomicLong timeline = new AtomicLong();

    /** @param further pools that go to the same database */
    Epochs(Database database, Database... further) {
        this.database = database;
        pools = Stream.concat(Stream.of(database), Stream.of(further)).toList();
    }

    /** {@return the epoch that this database is in} */
    public int current() {
        return current.get();
    }

    /** Learns the epoch, now and on every connection to come before it is used. */
    void open() {
        database.runAtomic(connection -> {
            note(connection);
            return current();
        });
        pools.forEach(pool -> pool.onConnect(this::arrive));
        database.run(connection -> {
            arrive(connection);
            return current();
        });
    }

    /** Notes where the database is, once: one that is read-only for now can be used when that has been done. */
    private static void note(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT FROM database_state")) {
                if (row.next()) {
                    return;
                }
            }
            statement.execute("INSERT INTO database_state (timeline) VALUES (" + TIMELINE + ") ON CONFLICT DO NOTHING");
        }
    }

    /**
     * Looks where a new connection has arrived. A promoted standby writes on another timeline than the one that was noted,
     * and a restored database may be in an epoch from before the one that is known: that is a new epoch by itself.
     *
     * @throws SQLException also when it is a standby, which may lag, and be promoted under the connection, or the primary
     *     that such a one has replaced
     */
    void arrive(Connection connection) throws SQLException {
        int before = current();
        long now;
        int epoch;
        boolean isElsewhere;
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("SELECT " + TIMELINE + ", timeline, epoch FROM database_state")) {
            row.next();
            now = Long.parseLong(row.getString(1), 16);
            epoch = row.getInt(3);
            isElsewhere = !row.getString(1).equals(row.getString(2)) || epoch < before;
        }
        if (epoch > before) {
            timeline.set(now); // also an older one, of a copy that was said to be restored
        } else if (now < timeline.accumulateAndGet(now, Math::max)) {
            throw replaced();
        }
        if (isElsewhere) {
            begin(connection, before, "timeline <> " + TIMELINE + " OR epoch < " + before);
        }
        refresh(connection);
        if (before != 0 && before != current()) {
            LOG.log(Level.INFO, "the database is in epoch {0}", current());
            pools.forEach(Database::forgetConnections);
        }
    }

    private static SQLException replaced() {
        return new SQLException("this database has been replaced by a newer one", "55000");
    }

    /**
     * Says that the database was restored to an earlier state: a new epoch begins. Whoever is connected by now takes it for
     * what it was before, so the connections of all servers are ended, which learn of the epoch when they connect again: until
     * it has begun, nobody can.
     */
    public void restored() {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("LOCK TABLE database_state IN ACCESS EXCLUSIVE MODE");
                begin(connection, current(), "true");
                statement.execute(END_OTHERS);
            }
            return current();
        });
        pools.forEach(Database::forgetConnections);
        database.run(connection -> {
            refresh(connection);
            return current();
        });
    }

    private static boolean begin(Connection connection, int known, String condition) throws SQLException {
        try (PreparedStatement begin = connection.prepareStatement(BEGIN.formatted(TIMELINE, condition))) {
            begin.setInt(1, known);
            return begin.execute();
        }
    }

    /**
     * {@return the modseq that a message has at least, in a mailbox that has come to {@code highest}} One that has not
     * changed since its mailbox jumped counts as changed then: clients may know changes of it that are lost.
     */
    static long leastModSeq(long highest) {
        return highest - highest % MODSEQS;
    }

    /**
     * Learns of an epoch that was begun elsewhere.
     *
     * @throws SQLException also when the epoch is one from before: the connection goes to a database that is no longer used
     */
    void refresh(Connection connection) throws SQLException {
        int known = current();
        int read;
        try (PreparedStatement select = connection.prepareStatement("SELECT epoch FROM database_state");
                ResultSet row = select.executeQuery()) {
            row.next();
            read = row.getInt(1);
        }
        if (read < known) {
            throw replaced();
        }
        current.accumulateAndGet(read, Math::max); // another thread may have read a newer one meanwhile
    }

    /**
     * Takes both mailboxes as {@link Locks#take(Connection, MailboxId, MailboxId)} does, and brings them to the current
     * epoch.
     */
    List<Locks.Held> take(Connection connection, MailboxId one, MailboxId other) throws SQLException {
        List<Locks.Held> both = Locks.take(connection, one, other);
        if (both.stream().anyMatch(held -> held.epoch() != current())) {
            jump(connection, one);
            jump(connection, other);
        }
        return both;
    }

    /** Brings the mailbox to the current epoch, which another pod may have begun. */
    void jump(Connection connection, MailboxId mailbox) throws SQLException {
        jump(connection, mailbox.account(), mailbox.value(), mailbox.value());
    }

    /** Brings all mailboxes of the account to the current epoch. The caller holds none of them. */
    void jump(Connection connection, AccountId account) throws SQLException {
        jump(connection, account, 0, Long.MAX_VALUE);
    }

    private void jump(Connection connection, AccountId account, long first, long last) throws SQLException {
        refresh(connection);
        int epoch = current();
        try (PreparedStatement update = connection.prepareStatement(JUMP)) {
            update.setLong(1, account.value());
            update.setLong(2, first);
            update.setLong(3, last);
            for (int at = 4; at <= 8; at++) {
                update.setInt(at, epoch);
            }
            update.setLong(9, account.value());
            update.setInt(10, epoch);
            update.executeUpdate();
        }
    }
}
