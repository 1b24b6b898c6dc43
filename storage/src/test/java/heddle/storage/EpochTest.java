package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A database that may have lost commits gives out no number twice (DESIGN §4 rule 5). */
class EpochTest {
    private static final long UIDS = 10_000;
    private static final long MODSEQS = 1L << 32;

    private static final StorageConfig CONFIG = TestDatabase.create();

    private final Storage storage = TestDatabase.open(CONFIG);
    private AccountId account;
    private Mailbox before;
    private int epoch;

    /** What a session may do first after the restore. */
    interface FirstUse {
        void of(Storage storage, Mailbox inbox) throws Exception;
    }

    @BeforeEach
    void fill() throws Exception {
        account = TestMail.account(storage);
        TestMail.append(storage, account, TestMail.text(1), Flag.Standard.DELETED);
        before = TestMail.inbox(storage, account);
        epoch = storage.epochs().current();
    }

    private long nextUid(Storage pod) {
        return before.uidNext() + (pod.epochs().current() - epoch) * UIDS;
    }

    @AfterEach
    void checkAndClose() {
        storage.close();
        Invariants.check(CONFIG);
    }

    static Stream<FirstUse> jumpsBeforeTheFirstUse() {
        return Stream.of(
                (storage, inbox) -> storage.mailboxes().find(inbox.id()),
                (storage, inbox) -> storage.mailboxes().find(inbox.id().account(), inbox.name()),
                (storage, inbox) -> storage.mailboxes().list(inbox.id().account()),
                (storage, inbox) -> TestMail.append(storage, inbox.id().account(), TestMail.text(2)),
                (storage, inbox) -> TestMail.appendMany(storage, inbox.id().account(), MailboxName.INBOX, 2),
                (storage, inbox) -> storage.flagChanges()
                        .store(inbox.id(), UidSet.of(1), FlagChanges.Mode.ADD, Set.of(Flag.Standard.SEEN)),
                (storage, inbox) -> storage.flagChanges()
                        .store(inbox.id(), UidSet.of(1), FlagChanges.Mode.ADD, Set.of(new Flag.Keyword("x"))),
                (storage, inbox) -> storage.expunges().expunge(inbox.id(), UidSet.of(1)),
                (storage, inbox) -> storage.copies().copy(inbox.id(), inbox, UidSet.of(1), Account.Quota.NONE),
                (storage, inbox) -> storage.copies().move(inbox.id(), inbox, UidSet.of(1)),
                (storage, inbox) ->
                        storage.mailboxes().rename(inbox.id().account(), inbox.name(), new MailboxName("Old")));
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource
    void jumpsBeforeTheFirstUse(FirstUse use) throws Exception {
        storage.epochs().restored();
        use.of(storage, before);
        long modSeq = before.highestModSeq().value() + (storage.epochs().current() - epoch) * MODSEQS;
        try (var sql = new Sql(CONFIG)) {
            assertThat(sql.rows(
                            "SELECT uid_next - ? BETWEEN 0 AND 2, highest_modseq - ? BETWEEN 0 AND 2, journal_floor"
                                    + " FROM mailbox WHERE account_id = ? AND mailbox_id = ?",
                            nextUid(storage),
                            modSeq,
                            account.value(),
                            before.id().value()))
                    .containsExactly(List.of("t", "t", String.valueOf(modSeq)));
        }
    }

    /** Every client of before gets one full resync, its pod's snapshot too. */
    @Test
    void tellsThatTheJournalIsNotComplete() throws Exception {
        Snapshot old = TestMail.snapshot(storage, before.id());
        storage.epochs().restored();
        Mailbox after = TestMail.inbox(storage, account);
        assertThat(after.journalFloor()).isEqualTo(after.highestModSeq());
        assertThat(storage.snapshots().between(before.id(), old.modSeq(), after.highestModSeq()))
                .isEmpty();
        assertThat(storage.snapshots().at(before.id(), after.highestModSeq()).modSeq())
                .isEqualTo(after.highestModSeq());
    }

    @Test
    void jumpsOnce() throws Exception {
        storage.epochs().restored();
        long first = TestMail.append(storage, account, TestMail.text(2));
        long second = TestMail.append(storage, account, TestMail.text(3));
        assertThat(first).isEqualTo(nextUid(storage)).isGreaterThan(1_000_000);
        assertThat(second).isEqualTo(first + 1);
    }

    /** The operator may say it to one pod while another is running. */
    @Test
    void countsForAllPods() throws Exception {
        try (Storage other = TestDatabase.open(CONFIG)) {
            storage.epochs().restored();
            long first = TestMail.append(storage, account, TestMail.text(2));
            long second = TestMail.append(other, account, TestMail.text(3));
            assertThat(second).isEqualTo(first + 1);
            assertThat(other.flagChanges()
                            .store(before.id(), UidSet.of(1), FlagChanges.Mode.ADD, Set.of(Flag.Standard.SEEN))
                            .change())
                    .isPresent();
            assertThat(other.expunges().expunge(before.id(), UidSet.of(1)).change())
                    .isPresent();
        }
    }

    /** A session that jumps, or the feed that connects again, may read the epoch of before while it changes. */
    @Test
    void isNeverForgottenForAnOlderOne() throws Exception {
        var goOn = new AtomicBoolean(true);
        var readers = new ArrayList<Future<?>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 3; i++) {
                readers.add(threads.submit(() -> readEpochs(goOn)));
            }
            try {
                for (int i = 0; i < 50; i++) {
                    int before = storage.epochs().current();
                    storage.epochs().restored();
                    assertThat(storage.epochs().current()).isGreaterThan(before);
                }
            } finally {
                goOn.set(false);
            }
        }
        for (Future<?> reader : readers) {
            reader.get();
        }
    }

    private @Nullable Void readEpochs(AtomicBoolean goOn) throws SQLException {
        try (Connection connection = DriverManager.getConnection(CONFIG.url(), CONFIG.user(), CONFIG.password())) {
            while (goOn.get()) {
                try {
                    storage.epochs().refresh(connection);
                } catch (SQLException older) {
                    throw new IllegalStateException("taken for another database", older);
                }
            }
        }
        return null;
    }

    /** A promoted standby writes on another timeline. */
    @Test
    void beginsWithANewTimeline() throws Exception {
        try (var sql = new Sql(CONFIG)) {
            sql.execute("UPDATE database_state SET timeline = '00000000'");
        }
        try (Storage promoted = TestDatabase.open(CONFIG)) {
            assertThat(TestMail.inbox(promoted, account).uidNext())
                    .isEqualTo(nextUid(promoted))
                    .isGreaterThan(1_000_000);
            epoch = promoted.epochs().current();
        }
        try (Storage again = TestDatabase.open(CONFIG)) {
            assertThat(again.epochs().current()).isEqualTo(epoch);
        }
    }

    /** Some copy from before is in the place of the database, and nobody has said so. */
    @Test
    void beginsWhenTheDatabaseKnowsLessThanThePod() throws Exception {
        storage.epochs().restored();
        int known = storage.epochs().current();
        try (var sql = new Sql(CONFIG)) {
            sql.execute("UPDATE database_state SET epoch = ?", epoch);
            try (Connection connection = DriverManager.getConnection(CONFIG.url(), CONFIG.user(), CONFIG.password())) {
                assertThatThrownBy(() -> storage.epochs().refresh(connection))
                        .as("of a connection that is in use already")
                        .isInstanceOf(SQLException.class);
            }
            assertThat(storage.epochs().current()).isEqualTo(known);
            sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND application_name = 'heddle feed'");
            sql.await("(SELECT epoch > ? FROM database_state)", known);
        }
        assertThat(TestMail.append(storage, account, TestMail.text(2))).isEqualTo(nextUid(storage));
    }

    /** Mailboxes that were made faster than time goes by, and of which the copy knows nothing. */
    @Test
    void givesNoMailboxTheValidityOfOneThatIsLost() throws Exception {
        var name = new MailboxName("Lost");
        try (var sql = new Sql(CONFIG)) {
            long known = sql.number("SELECT last_uid_validity FROM account WHERE account_id = ?", account.value());
            sql.execute(
                    "UPDATE account SET last_uid_validity = ? WHERE account_id = ?", known + 50_000, account.value());
            storage.mailboxes().create(account, name, Set.of());
            long lost = validity(name);
            storage.mailboxes().delete(account, name);
            sql.execute("UPDATE account SET last_uid_validity = ? WHERE account_id = ?", known, account.value());
            storage.epochs().restored();
            storage.mailboxes().create(account, name, Set.of());
            assertThat(validity(name)).isGreaterThan(lost);
        }
    }

    private long validity(MailboxName name) {
        return storage.mailboxes()
                .find(account, name)
                .orElseThrow()
                .uidValidity()
                .value();
    }

    /** What is done on the first of two restored copies is unknown to the second. */
    @Test
    void isAnotherEachTimeThatTheSameCopyIsRestored() throws Exception {
        var epochs = new HashSet<Integer>();
        try (var sql = new Sql(CONFIG)) {
            for (int i = 0; i < 4; i++) {
                sql.execute("UPDATE database_state SET epoch = ?", epoch);
                try (Storage copy = TestDatabase.open(CONFIG)) {
                    copy.epochs().restored();
                    epochs.add(copy.epochs().current());
                }
            }
        }
        assertThat(epochs).hasSizeGreaterThan(1);
    }

    /** Two sessions of one account hold a mailbox each when an epoch begins, and use both. */
    @Test
    void makesNobodyWaitInACircle() throws Exception {
        var name = new MailboxName("Other");
        storage.mailboxes().create(account, name, Set.of());
        Mailbox other = storage.mailboxes().find(account, name).orElseThrow();
        try (var sql = new Sql(CONFIG);
                Connection connection = DriverManager.getConnection(CONFIG.url(), CONFIG.user(), CONFIG.password());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                sql.execute("UPDATE database_state SET epoch = epoch + 1");
                storage.epochs().refresh(connection);
                var done = new ArrayList<Future<?>>();
                for (Mailbox mailbox : List.of(before, other)) {
                    done.add(threads.submit(() -> storage.flagChanges()
                            .store(mailbox.id(), UidSet.of(1), FlagChanges.Mode.ADD, Set.of(new Flag.Keyword("x")))));
                    done.add(threads.submit(() -> storage.mailboxes().list(account)));
                }
                for (Future<?> each : done) {
                    each.get();
                }
            }
        }
    }

    @Test
    void startsWhileTheDatabaseIsReadOnly() throws Exception {
        try (var sql = new Sql(CONFIG)) {
            setReadOnly(sql, true);
            try (Storage started = TestDatabase.open(CONFIG)) {
                assertThat(TestMail.inbox(started, account)).isEqualTo(before);
            } finally {
                setReadOnly(sql, false);
            }
        }
    }

    private static void setReadOnly(Sql sql, boolean on) throws SQLException {
        sql.execute("""
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %%I SET default_transaction_read_only = %s', current_database());
                END $$
                """.formatted(on));
    }
}
