package heddle.storage;

import heddle.storage.StorageConfig.Retention;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Takes away what nobody can see any more: rows of messages expunged long ago, contents that no row names, deleted
 * mailboxes, old journal rows. Each step is a short transaction of its own (DESIGN §4 rule 3): first rows, commit, and
 * only then the contents they named. One pod does it at a time, and when that one dies, another.
 */
public final class Sweeper implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Sweeper.class.getName());

    /** Rows that one transaction takes away. */
    private static final int BATCH = 1000;

    private static final String WITH_EXPUNGED = """
            SELECT DISTINCT account_id, mailbox_id
              FROM expunged
             WHERE expunged_at < now() - make_interval(secs => ?)
            """;

    private static final String OLD_EXPUNGED = """
            SELECT m.uid
              FROM expunged e CROSS JOIN unnest(e.uids) AS run
              JOIN message m
                ON m.account_id = e.account_id AND m.mailbox_id = e.mailbox_id
               AND m.uid >= lower(run) AND m.uid < upper(run)
             WHERE e.account_id = ? AND e.mailbox_id = ? AND e.expunged_at < now() - make_interval(secs => ?)
            """;

    private static final String DELETED = """
            SELECT account_id, mailbox_id
              FROM mailbox
             WHERE deleted_at < now() - make_interval(secs => ?)
            """;

    private static final String ALL_OF_DELETED = """
            SELECT m.uid
              FROM mailbox b
              JOIN message m USING (account_id, mailbox_id)
             WHERE b.account_id = ? AND b.mailbox_id = ? AND b.deleted_at < now() - make_interval(secs => ?)
            """;

    private static final String WITH_OLD_CHANGES = """
            SELECT DISTINCT account_id, mailbox_id
              FROM change
             WHERE made_at < now() - make_interval(secs => ?)
            """;

    /** How often it is looked whether it is time to sweep, so that a pod that dies in the middle of it has a successor. */
    private static final Duration LOOK = Duration.ofSeconds(10);

    /** By how much longer than a statement may take a sweep that does not go on keeps others from theirs. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Database database;
    private final Retention retention;
    private final SweeperTurn turn;
    private final AtomicInteger expungedBacklog;
    private final AtomicInteger deletedBacklog;
    private final AtomicInteger journalBacklog;
    private final Counter sweptMessages;
    private final Counter sweptContents;

    /** {@link System#nanoTime} when a sweep was last over, or this pod started. */
    private volatile long swept = System.nanoTime();

    private volatile boolean closed;

    /**
     * @param statement how long one statement may take
     * @param self the id of this pod
     */
    Sweeper(Database database, Retention retention, Duration statement, long self, MeterRegistry registry) {
        this.database = database;
        this.retention = retention;
        turn = new SweeperTurn(database, self, statement.plus(MARGIN));
        expungedBacklog = backlog(registry, "expunged");
        deletedBacklog = backlog(registry, "deleted");
        journalBacklog = backlog(registry, "journal");
        sweptMessages = swept(registry, "messages");
        sweptContents = swept(registry, "contents");
        Gauge.builder("heddle.sweeper.age", this, Sweeper::age)
                .description("Time since this pod has last swept everything, or started.")
                .baseUnit("seconds")
                .register(registry);
    }

    private static AtomicInteger backlog(MeterRegistry registry, String what) {
        var mailboxes = new AtomicInteger();
        Gauge.builder("heddle.sweeper.backlog", mailboxes, AtomicInteger::get)
                .description("Mailboxes in which the running sweep, or the last that failed, has something left to do.")
                .tag("what", what)
                .register(registry);
        return mailboxes;
    }

    private static Counter swept(MeterRegistry registry, String what) {
        return Counter.builder("heddle.sweeper.swept")
                .description("What was taken away for good.")
                .tag("what", what)
                .register(registry);
    }

    private double age() {
        return (System.nanoTime() - swept) / 1e9;
    }

    void start() {
        Duration look = retention.sweep().compareTo(LOOK) < 0 ? retention.sweep() : LOOK;
        Thread.ofVirtual().name("sweeper").start(() -> {
            while (!closed) {
                LockSupport.parkNanos(look.toNanos());
                try {
                    if (!closed && turn.take(retention.sweep())) {
                        sweepInTurn();
                    }
                } catch (StorageException away) {
                    LOG.log(System.Logger.Level.WARNING, "cannot sweep now: {0}", away.text());
                } catch (RuntimeException bug) {
                    LOG.log(System.Logger.Level.ERROR, "sweeping failed", bug);
                }
            }
        });
    }

    /** Sweeps everything once, after whoever is at it. */
    public void sweep() {
        while (!turn.take(Duration.ZERO)) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        sweepInTurn();
    }

    private void sweepInTurn() {
        try {
            sweepAll();
        } catch (SweeperTurn.LostException overtaken) {
            LOG.log(System.Logger.Level.INFO, "slept while it was sweeping: {0}", overtaken.getMessage());
            List.of(expungedBacklog, deletedBacklog, journalBacklog).forEach(backlog -> backlog.set(0));
        } finally {
            turn.release();
        }
    }

    private void sweepAll() {
        forEach(mailboxes(WITH_EXPUNGED, retention.expunged()), expungedBacklog, mailbox -> {
            repeat(() -> counted(sweepExpunged(mailbox)));
        });
        forEach(mailboxes(DELETED, retention.expunged()), deletedBacklog, mailbox -> {
            repeat(() -> counted(sweepDeleted(mailbox)));
        });
        repeat(this::sweepOrphans);
        forEach(mailboxes(WITH_OLD_CHANGES, retention.journal()), journalBacklog, this::trimJournal);
        swept = System.nanoTime();
    }

    private static void forEach(List<MailboxId> mailboxes, AtomicInteger backlog, Consumer<MailboxId> sweep) {
        backlog.set(mailboxes.size());
        for (MailboxId mailbox : mailboxes) {
            sweep.accept(mailbox);
            backlog.decrementAndGet();
        }
    }

    private void repeat(IntSupplier step) {
        int done = BATCH;
        while (!closed && done == BATCH) {
            done = step.getAsInt();
        }
    }

    /** Counts what is committed; {@return how many messages that were} */
    private int counted(int messages) {
        sweptMessages.increment(messages);
        return messages;
    }

    /** A transaction that is rolled back when it is another's turn to sweep. */
    private <T> T transaction(Database.Work<T> work) {
        return database.transaction(connection -> {
            turn.prolong(connection);
            return work.run(connection);
        });
    }

    private List<MailboxId> mailboxes(String sql, Duration age) {
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setDouble(1, seconds(age));
                try (ResultSet row = select.executeQuery()) {
                    var mailboxes = new ArrayList<MailboxId>();
                    while (row.next()) {
                        mailboxes.add(new MailboxId(new AccountId(row.getLong(1)), row.getLong(2)));
                    }
                    return mailboxes;
                }
            }
        });
    }

    private static double seconds(Duration age) {
        return age.toMillis() / 1000.0;
    }

    /** Under the mailbox's lock: a COPY that still reads these rows is over, or comes too late for all of them. */
    private int sweepExpunged(MailboxId mailbox) {
        return transaction(connection -> {
            lock(connection, mailbox);
            int removed = removeMessages(connection, mailbox, OLD_EXPUNGED);
            if (removed < BATCH) {
                forgetExpunged(connection, mailbox);
            }
            return removed;
        });
    }

    private void forgetExpunged(Connection connection, MailboxId mailbox) throws SQLException {
        String sql = """
                DELETE FROM expunged
                 WHERE account_id = ? AND mailbox_id = ? AND expunged_at < now() - make_interval(secs => ?)
                """;
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setLong(1, mailbox.account().value());
            delete.setLong(2, mailbox.value());
            delete.setDouble(3, seconds(retention.expunged()));
            delete.executeUpdate();
        }
    }

    /** A deleted mailbox goes with everything that is its own; {@return how many messages went} */
    private int sweepDeleted(MailboxId mailbox) {
        return transaction(connection -> {
            lock(connection, mailbox);
            int removed = removeMessages(connection, mailbox, ALL_OF_DELETED);
            if (removed < BATCH) {
                for (String table : List.of("change", "expunged", "keyword", "mailbox")) {
                    String sql = "DELETE FROM " + table + " WHERE account_id = ? AND mailbox_id = ?";
                    try (PreparedStatement delete = connection.prepareStatement(sql)) {
                        delete.setLong(1, mailbox.account().value());
                        delete.setLong(2, mailbox.value());
                        delete.executeUpdate();
                    }
                }
            }
            return removed;
        });
    }

    private static void lock(Connection connection, MailboxId mailbox) throws SQLException {
        String sql = "SELECT 1 FROM mailbox WHERE account_id = ? AND mailbox_id = ? FOR UPDATE";
        try (PreparedStatement lock = connection.prepareStatement(sql)) {
            lock.setLong(1, mailbox.account().value());
            lock.setLong(2, mailbox.value());
            lock.execute();
        }
    }

    /** @param picked one of {@link #OLD_EXPUNGED} and {@link #ALL_OF_DELETED} */
    private int removeMessages(Connection connection, MailboxId mailbox, String picked) throws SQLException {
        String sql = """
                WITH swept AS (
                    DELETE FROM message
                     WHERE account_id = ? AND mailbox_id = ? AND uid = ANY (ARRAY(%s LIMIT ?))
                    RETURNING content_id
                ), noted AS (
                    INSERT INTO orphan (account_id, content_id)
                    SELECT DISTINCT ?::bigint, content_id FROM swept
                        ON CONFLICT DO NOTHING
                )
                SELECT count(*) FROM swept
                """.formatted(picked);
        try (PreparedStatement sweep = connection.prepareStatement(sql)) {
            sweep.setLong(1, mailbox.account().value());
            sweep.setLong(2, mailbox.value());
            sweep.setLong(3, mailbox.account().value());
            sweep.setLong(4, mailbox.value());
            sweep.setDouble(5, seconds(retention.expunged()));
            sweep.setInt(6, BATCH);
            sweep.setLong(7, mailbox.account().value());
            try (ResultSet row = sweep.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /**
     * Contents that have lost a message and have no other. No new message can name one meanwhile: it would have to be a
     * copy of a row that is there, and a copy is committed before the row it was made of can be swept.
     */
    private int sweepOrphans() {
        SweptOrphans swept = removeOrphans();
        sweptContents.increment(swept.contents);
        return swept.orphans;
    }

    /** How many orphans were looked at, and how many contents went with them. */
    private record SweptOrphans(int orphans, int contents) {}

    private SweptOrphans removeOrphans() {
        String pick = "DELETE FROM orphan WHERE (account_id, content_id) IN"
                + " (SELECT account_id, content_id FROM orphan LIMIT ? FOR UPDATE SKIP LOCKED)"
                + " RETURNING account_id, content_id";
        String remove = """
                DELETE FROM %s t
                 WHERE t.account_id = ? AND t.content_id = ?
                   AND NOT EXISTS (SELECT FROM message m WHERE m.account_id = ? AND m.content_id = ?)
                """;
        return transaction(connection -> {
            try (PreparedStatement picked = connection.prepareStatement(pick);
                    PreparedStatement body = connection.prepareStatement(remove.formatted("body"));
                    PreparedStatement content = connection.prepareStatement(remove.formatted("content"))) {
                picked.setInt(1, BATCH);
                int count = 0;
                try (ResultSet row = picked.executeQuery()) {
                    while (row.next()) {
                        for (PreparedStatement delete : List.of(body, content)) {
                            delete.setLong(1, row.getLong(1));
                            delete.setLong(2, row.getLong(2));
                            delete.setLong(3, row.getLong(1));
                            delete.setLong(4, row.getLong(2));
                            delete.addBatch();
                        }
                        count++;
                    }
                }
                body.executeBatch();
                int removed = Arrays.stream(content.executeBatch()).sum();
                return new SweptOrphans(count, removed);
            }
        });
    }

    /** Old journal rows go, and the floor tells that they are gone. */
    private void trimJournal(MailboxId mailbox) {
        String sql = """
                WITH gone AS (
                    DELETE FROM change
                     WHERE account_id = ? AND mailbox_id = ? AND made_at < now() - make_interval(secs => ?)
                    RETURNING modseq
                )
                UPDATE mailbox
                   SET journal_floor = greatest(journal_floor, (SELECT max(modseq) FROM gone))
                 WHERE account_id = ? AND mailbox_id = ?
                """;
        transaction(connection -> {
            lock(connection, mailbox);
            try (PreparedStatement trim = connection.prepareStatement(sql)) {
                trim.setLong(1, mailbox.account().value());
                trim.setLong(2, mailbox.value());
                trim.setDouble(3, seconds(retention.journal()));
                trim.setLong(4, mailbox.account().value());
                trim.setLong(5, mailbox.value());
                return trim.executeUpdate();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
    }
}
