package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a pod hears of what others do. The pod that listens asks so seldom that it has to hear. */
@Timeout(60)
class FeedTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private static final StorageConfig CONFIG = TestDatabase.create();

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Storage storage = TestDatabase.open(CONFIG);
    private final Database database = new Database(CONFIG, meters);
    private final Epochs epochs = new Epochs(database);
    private final Feed feed = new Feed(database, epochs, NEVER, meters);
    private final Heard heard = new Heard();
    private final Sql sql = new Sql(CONFIG);
    private final AccountId account = TestMail.account(storage);
    private final MailboxId inbox = TestMail.inbox(storage, account).id();

    /** A watcher that remembers what it was told. */
    private static final class Heard implements Feed.Watcher {
        private final LinkedBlockingQueue<Long> told = new LinkedBlockingQueue<>();

        @Override
        public void changed(ModSeq modSeq) {
            told.add(modSeq.value());
        }

        @Override
        public void deleted() {
            told.add(Announcement.DELETED);
        }

        long next() throws InterruptedException {
            Long next = told.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing was heard");
            }
            return next;
        }
    }

    @BeforeEach
    void start() throws Exception {
        epochs.open();
        feed.start();
        awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        feed.close();
        database.close();
        storage.close();
        sql.await("count(*) = 0 FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'heddle feed'");
        sql.close();
    }

    /** Until this pod's feed and the storage's have asked once after LISTEN. */
    private void awaitListening() throws Exception {
        sql.await("count(*) = 2 FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'heddle feed' AND state = 'idle' AND query LIKE '%unnest%'");
    }

    private static MailboxId mailbox(long number) {
        return new MailboxId(new AccountId(1_000_000), number);
    }

    @Test
    void hearsOfEveryKindOfChange() throws Exception {
        feed.watch(inbox, heard);
        TestMail.append(storage, account, TestMail.text(1));
        long first = heard.next();
        assertThat(first)
                .isEqualTo(TestMail.inbox(storage, account).highestModSeq().value());
        storage.mailboxes().create(account, new MailboxName("New"), Set.of());
        Mailbox created = TestMail.mailbox(storage, account, "New");
        feed.watch(created.id(), heard);
        TestMail.append(storage, account, created.name(), List.of(TestMail.message(TestMail.text(2))));
        assertThat(heard.next()).isEqualTo(created.highestModSeq().value() + 1);
        storage.mailboxes().delete(account, created.name());
        assertThat(heard.next()).isEqualTo(Announcement.DELETED);
    }

    /** Silence is no failure: the connection stays the same, and asks by itself when it is time. */
    @Test
    void waitsOnOneConnection() throws Exception {
        var quiet = new SimpleMeterRegistry();
        String begin = sql.text("SELECT now()");
        try (Feed patient = new Feed(database, epochs, Duration.ofMillis(2500), quiet)) {
            patient.start();
            sql.await(
                    "count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND application_name = 'heddle feed' AND backend_start > ?::timestamptz"
                            + " AND query_start > backend_start + interval '4 s'",
                    begin);
            assertThat(quiet.get("heddle.feed.reconnects").counter().count()).isZero();
        }
    }

    @Test
    void tellsEachChangeOnceAndOnlyWhoWatches() throws Exception {
        var other = new Heard();
        feed.watch(mailbox(1), heard);
        Feed.Watch watch = feed.watch(mailbox(1), other);
        feed.announce(mailbox(2), new ModSeq(9));
        feed.announce(mailbox(1), new ModSeq(5));
        feed.announce(mailbox(1), new ModSeq(4));
        watch.close();
        feed.announce(mailbox(1), new ModSeq(6));
        while (meters.timer("heddle.feed.lag").count() == 0) {
            Thread.onSpinWait(); // until it has heard itself
        }
        feed.deleted(mailbox(1));
        feed.deleted(mailbox(1));
        assertThat(heard.told).containsExactly(5L, 6L, Announcement.DELETED);
        assertThat(other.told).containsExactly(5L);
    }

    @Test
    void asksAgainAfterTheConnectionWasLost() throws Exception {
        feed.watch(inbox, heard);
        sql.execute("UPDATE mailbox SET highest_modseq = 77 WHERE mailbox_id = ?", inbox.value());
        sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND application_name = 'heddle feed'");
        assertThat(heard.next()).isEqualTo(77);
        awaitListening();
        TestMail.append(storage, account, TestMail.text(1));
        assertThat(heard.next()).isEqualTo(78);
        assertThat(meters.counter("heddle.feed.reconnects").count()).isEqualTo(1);
    }

    @Test
    void findsByAskingWhatNobodyAnnounced() throws Exception {
        try (Feed asking = new Feed(database, epochs, Duration.ofMillis(20), new SimpleMeterRegistry())) {
            asking.start();
            asking.watch(inbox, heard);
            long now = heard.next();
            sql.execute("UPDATE mailbox SET highest_modseq = highest_modseq + 1 WHERE mailbox_id = ?", inbox.value());
            assertThat(heard.next()).isEqualTo(now + 1);
            sql.execute("UPDATE mailbox SET deleted_at = now() WHERE mailbox_id = ?", inbox.value());
            assertThat(heard.next()).isEqualTo(Announcement.DELETED);
        }
    }

    /** Of very many a part is asked for at a time, and each has its turn. */
    @Test
    void comesRoundToEveryMailbox() throws Exception {
        var nobody = new Feed.Watcher() {
            @Override
            public void changed(ModSeq modSeq) {}

            @Override
            public void deleted() {}
        };
        try (Feed asking = new Feed(database, epochs, Duration.ofMillis(20), new SimpleMeterRegistry())) {
            for (long number = 1; number <= 25_000; number++) {
                asking.watch(mailbox(number), nobody);
            }
            asking.start();
            asking.watch(inbox, heard);
            long now = heard.next();
            for (int change = 1; change <= 5; change++) {
                sql.execute(
                        "UPDATE mailbox SET highest_modseq = highest_modseq + 1 WHERE mailbox_id = ?", inbox.value());
                assertThat(heard.next()).isEqualTo(now + change);
            }
        }
    }

    /** Who is idle must learn that messages are lost, and this pod that it gives no old number any more. */
    @Test
    void tellsThatTheDatabaseWasRestored() throws Exception {
        try (Feed asking = new Feed(database, epochs, Duration.ofMillis(20), new SimpleMeterRegistry())) {
            asking.start();
            asking.watch(inbox, heard);
            long now = heard.next();
            int before = epochs.current();
            storage.epochs().restored();
            assertThat(heard.next()).isEqualTo(now + ((long) (storage.epochs().current() - before) << 32));
            assertThat(epochs.current()).isEqualTo(storage.epochs().current());
        }
    }

    /** Names and subscriptions: each change of them is heard, in whatever way it is made. */
    @Test
    void hearsOfEveryChangeOfAList() throws Exception {
        Mailboxes mailboxes = storage.mailboxes();
        var name = new MailboxName("A/B");
        feed.watch(account, heard);
        mailboxes.create(account, name, Set.of());
        long before = heard.next();
        List<Runnable> changes = List.of(
                () -> mailboxes.subscribe(account, name),
                () -> mailboxes.unsubscribe(account, name),
                () -> mailboxes.rename(account, name, new MailboxName("C")),
                () -> mailboxes.rename(account, MailboxName.INBOX, new MailboxName("D")),
                () -> mailboxes.delete(account, new MailboxName("C")));
        for (Runnable change : changes) {
            change.run();
            long now = heard.next();
            assertThat(now).isEqualTo(before + 1);
            before = now;
        }
        TestMail.append(storage, account, TestMail.text(1));
        assertThat(heard.told).isEmpty();
    }

    @Test
    void asksForListsAfterTheConnectionWasLost() throws Exception {
        feed.watch(account, heard);
        sql.execute("UPDATE account SET list_modseq = 77 WHERE account_id = ?", account.value());
        sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND application_name = 'heddle feed'");
        assertThat(heard.next()).isEqualTo(((long) epochs.current() << 40) + 77);
    }

    @Test
    void findsByAskingThatAListIsRestoredOrGone() throws Exception {
        try (Feed asking = new Feed(database, epochs, Duration.ofMillis(20), new SimpleMeterRegistry())) {
            asking.start();
            asking.watch(account, heard);
            long now = heard.next();
            int before = epochs.current();
            storage.epochs().restored();
            assertThat(heard.next()).isEqualTo(now + ((long) (storage.epochs().current() - before) << 40));
            storage.accounts().delete(account);
            assertThat(heard.next()).isEqualTo(Announcement.DELETED);
        }
    }

    @Test
    void announcesManyMailboxesInFewNotifications() throws Exception {
        int many = 5 * Announcement.MOST_TOPICS;
        var sent = new SimpleMeterRegistry();
        var all = new HashSet<Long>();
        try (var own = new Database(CONFIG, sent);
                var announcer = new Announcer(own, 1, many, sent)) {
            for (int number = 1; number <= many; number++) {
                feed.watch(mailbox(number), heard);
                announcer.add(mailbox(number), 1);
                announcer.add(mailbox(number), number);
            }
            announcer.start();
            while (all.size() < many) {
                all.add(heard.next());
            }
        }
        assertThat(all).contains(1L, (long) many);
        assertThat(sent.get("heddle.database.time").timers().stream()
                        .mapToLong(Timer::count)
                        .sum())
                .isEqualTo(5);
    }

    @Test
    void makesOthersAskWhenTooManyWait() throws Exception {
        feed.watch(inbox, heard);
        try (var announcer = new Announcer(database, 1, 2, meters)) {
            announcer.add(mailbox(1), 5);
            announcer.add(mailbox(2), 5);
            announcer.add(mailbox(3), 5);
            announcer.add(mailbox(2), 6);
            announcer.start();
            assertThat(heard.next())
                    .isEqualTo(TestMail.inbox(storage, account).highestModSeq().value());
        }
        assertThat(meters.counter("heddle.feed.dropped").count()).isEqualTo(1);
    }

    @Test
    void asksWhenItDoesNotUnderstand() throws Exception {
        feed.watch(inbox, heard);
        sql.execute("NOTIFY " + Announcer.CHANNEL + ", 'the words of another version'");
        assertThat(heard.next())
                .isEqualTo(TestMail.inbox(storage, account).highestModSeq().value());
    }
}
