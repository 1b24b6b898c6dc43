package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conflicts and lost connections never reach a client, and nothing is done twice (DESIGN §4 rules 6 and 7). */
class ConflictsTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);

    /** The pool tells of each connection that breaks, with a stack; here they are broken on purpose. */
    private static final Logger POOL = Logger.getLogger("com.zaxxer.hikari.pool.ProxyConnection");

    @BeforeAll
    static void silencePool() {
        POOL.setLevel(Level.OFF);
    }

    @AfterAll
    static void checkAndClose() {
        POOL.setLevel(null);
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01"})
    void triesAgainWhatWasRolledBack(String state) {
        try (var database = new Database(CONFIG, new SimpleMeterRegistry())) {
            var attempts = new AtomicInteger();
            boolean worked =
                    database.transaction(connection -> fail(connection, state, attempts.incrementAndGet() < 3));
            boolean alsoWorked =
                    database.runAtomic(connection -> fail(connection, state, attempts.incrementAndGet() < 6));
            assertThat(worked && alsoWorked).isTrue();
            assertThat(attempts).hasValue(6);
            assertThatThrownBy(() -> database.transaction(connection -> fail(connection, state, true)))
                    .isInstanceOfSatisfying(StorageException.class, failed -> assertThat(failed.reason())
                            .isEqualTo(Reason.UNAVAILABLE));
        }
    }

    private static boolean fail(Connection connection, String state, boolean fails) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (fails) {
                statement.execute("DO $$ BEGIN RAISE 'conflict' USING ERRCODE = '" + state + "'; END $$");
            }
            return true;
        }
    }

    @Test
    void triesAgainAfterADeadlock() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        MailboxId inbox = TestMail.inbox(STORAGE, account).id();
        MailboxId trash = TestMail.mailbox(STORAGE, account, "Trash").id();
        var bothHoldOne = new CyclicBarrier(2);
        var attempts = new AtomicInteger();
        try (var database = new Database(CONFIG, new SimpleMeterRegistry())) {
            Race.lanes(
                    2,
                    lane -> database.transaction(connection -> {
                        Locks.take(connection, lane == 0 ? inbox : trash);
                        if (attempts.incrementAndGet() <= 2) {
                            await(bothHoldOne);
                        }
                        Locks.take(connection, lane == 0 ? trash : inbox);
                        return true;
                    }));
        }
        assertThat(attempts).hasValue(3);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(5, TimeUnit.SECONDS);
        } catch (Exception late) {
            throw new AssertionError(late);
        }
    }

    /** What can be told only by its answer: the proxy swallows it, and breaks the connection. */
    @Test
    void looksUpWhatHappenedWhenTheAnswerGetsLost() throws Exception {
        try (var proxy = new AnswerSwallower(CONFIG.url());
                Storage storage = TestDatabase.open(proxy.through(CONFIG))) {
            AccountId account = TestMail.account(storage);
            Mailbox inbox = TestMail.inbox(storage, account);
            Mailbox trash = TestMail.mailbox(storage, account, "Trash");
            TestMail.append(storage, account, TestMail.text(1));

            proxy.swallow("INSERT 0 1");
            assertThat(TestMail.append(storage, account, TestMail.text(2))).isEqualTo(2);
            proxy.assertSwallowed();

            proxy.swallow("COMMIT");
            assertThat(TestMail.appendMany(storage, account, MailboxName.INBOX, 3))
                    .isEqualTo(UidSet.range(3, 5));
            proxy.assertSwallowed();

            proxy.swallow("SELECT 1");
            FlagChanges.Stored stored = storage.flagChanges()
                    .store(inbox.id(), UidSet.range(1, 9), FlagChanges.Mode.ADD, Set.of(Flag.Standard.DELETED));
            assertThat(stored.change().orElseThrow().uids()).isEqualTo(UidSet.range(1, 5));
            proxy.assertSwallowed();

            proxy.swallow("COMMIT");
            Copies.Copied copied = storage.copies().copy(inbox.id(), trash, UidSet.range(1, 2), Account.Quota.NONE);
            assertThat(copied.from()).isEqualTo(UidSet.range(1, 2));
            assertThat(copied.to()).isEqualTo(UidSet.range(1, 2));
            proxy.assertSwallowed();

            proxy.swallow("COMMIT");
            Copies.Copied moved = storage.copies().move(inbox.id(), trash, UidSet.range(1, 2));
            assertThat(moved.from()).isEqualTo(UidSet.range(1, 2));
            assertThat(moved.to()).isEqualTo(UidSet.range(3, 4));
            proxy.assertSwallowed();

            proxy.swallow("SELECT 1");
            Expunges.Expunged expunged = storage.expunges().expunge(inbox.id(), UidSet.range(1, 9));
            assertThat(expunged.change().orElseThrow().uids()).isEqualTo(UidSet.range(3, 5));
            proxy.assertSwallowed();

            assertThat(TestMail.snapshot(storage, inbox.id()).uids()).isEqualTo(UidSet.EMPTY);
            assertThat(TestMail.snapshot(storage, trash.id()).uids()).isEqualTo(UidSet.range(1, 4));
        }
    }

    /** CREATE has no journal to look into: the client is told that nobody knows. */
    @Test
    void saysSoWhenNobodyKnows() throws Exception {
        try (var proxy = new AnswerSwallower(CONFIG.url());
                Storage storage = TestDatabase.open(proxy.through(CONFIG))) {
            AccountId account = TestMail.account(storage);
            proxy.swallow("COMMIT");
            assertUnavailable(Race.start(() -> storage.mailboxes().create(account, new MailboxName("New"), Set.of())));
            proxy.assertSwallowed();
            assertThat(storage.mailboxes().find(account, new MailboxName("New")))
                    .isPresent();
        }
    }

    /** The backend dies while it waits for the mailbox: nothing was committed, and nothing is stored. */
    @Test
    void storesNothingWhenTheBackendDies() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        Mailbox inbox = TestMail.inbox(STORAGE, account);
        try (var holder = new Sql(CONFIG);
                var killer = new Sql(CONFIG)) {
            holder.begin();
            holder.execute(
                    "SELECT 1 FROM mailbox WHERE mailbox_id = ? FOR UPDATE",
                    inbox.id().value());
            Future<Long> append = Race.start(() -> TestMail.append(STORAGE, account, TestMail.text(1)));
            killer.awaitWaiting(1);
            killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
            killer.awaitWaiting(1); // now it asks the journal
            holder.commit();
            assertUnavailable(append);
        }
        assertThat(TestMail.inbox(STORAGE, account)).isEqualTo(inbox);
        assertThat(TestMail.append(STORAGE, account, TestMail.text(2))).isEqualTo(1);
    }

    /** Rule 7: who waits too long for a mailbox is told so. */
    @Test
    void doesNotWaitForeverForAMailbox() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        Mailbox inbox = TestMail.inbox(STORAGE, account);
        try (var holder = new Sql(CONFIG)) {
            holder.begin();
            holder.execute(
                    "SELECT 1 FROM mailbox WHERE mailbox_id = ? FOR UPDATE",
                    inbox.id().value());
            assertUnavailable(Race.start(() -> TestMail.append(STORAGE, account, TestMail.text(1))));
            holder.commit();
        }
        assertThat(TestMail.inbox(STORAGE, account)).isEqualTo(inbox);
    }

    /**
     * Rule 7: a pod that is paused while it holds a mailbox is thrown out, and the others go on. Rule 6: nothing of it was
     * committed, so it tries again.
     */
    @Test
    void throwsOutWhoHoldsAMailboxAndDoesNothing() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        MailboxId inbox = TestMail.inbox(STORAGE, account).id();
        var attempts = new AtomicInteger();
        try (var database = new Database(CONFIG, new SimpleMeterRegistry());
                var watcher = new Sql(CONFIG)) {
            assertThat(database.<Integer>transaction(connection -> {
                        Locks.take(connection, inbox);
                        if (attempts.incrementAndGet() == 1) {
                            watcher.await("NOT EXISTS (SELECT FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND state = 'idle in transaction')");
                            assertThat(append(account)).isEqualTo(1);
                            Locks.take(connection, inbox);
                        }
                        return attempts.get();
                    }))
                    .isEqualTo(2);
        }
    }

    private static long append(AccountId account) {
        try {
            return TestMail.append(STORAGE, account, TestMail.text(1));
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Rule 6: what breaks before COMMIT was sent is tried again, as long as it has not broken twice. */
    @Test
    void triesAgainWhatBrokeBeforeCommit() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        MailboxId inbox = TestMail.inbox(STORAGE, account).id();
        String die = "SELECT pg_terminate_backend(pg_backend_pid())";
        try (var database = new Database(CONFIG, new SimpleMeterRegistry())) {
            var attempts = new AtomicInteger();
            int worked = database.transaction(connection -> {
                Locks.take(connection, inbox);
                if (attempts.incrementAndGet() == 1) {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(die);
                    }
                }
                return attempts.get();
            });
            assertThat(worked).isEqualTo(2);
            assertUnavailable(Race.start(() -> database.transaction(connection -> {
                try (Statement statement = connection.createStatement()) {
                    return statement.execute(die);
                }
            })));
        }
    }

    private static void assertUnavailable(Future<?> running) {
        assertThatThrownBy(() -> Race.result(running))
                .isInstanceOfSatisfying(StorageException.class, failed -> assertThat(failed.reason())
                        .isEqualTo(Reason.UNAVAILABLE));
    }

    @Test
    void waitsForAFreeConnectionOnlySoLong() throws Exception {
        StorageConfig narrow = new StorageConfig(
                CONFIG.url(),
                CONFIG.user(),
                CONFIG.password(),
                2,
                new StorageConfig.Waits(Duration.ofMillis(300), CONFIG.waits().statement()),
                CONFIG.retention(),
                CONFIG.snapshotBytes(),
                CONFIG.messageBytes(),
                CONFIG.cpuThreads());
        try (var database = new Database(narrow, new SimpleMeterRegistry())) {
            var allBusy = new CyclicBarrier(3);
            var done = new CyclicBarrier(3);
            Race.Runner<Boolean> busy = () -> database.run(connection -> {
                await(allBusy);
                await(done);
                return true;
            });
            List<Future<Boolean>> running = List.of(Race.start(busy), Race.start(busy));
            await(allBusy);
            assertUnavailable(Race.start(() -> database.run(connection -> true)));
            await(done);
            for (Future<Boolean> each : running) {
                assertThat(Race.result(each)).isTrue();
            }
        }
    }
}
