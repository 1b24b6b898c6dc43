package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.storage.StorageConfig.Retention;
import heddle.storage.StorageConfig.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a pod knows of a mailbox, against its rows (DESIGN §5). */
class SnapshotsTest {
    private static final int ROUNDS = 4;
    private static final int CHANGES = 15;
    private static final List<Flag> FLAGS = List.of(
            Flag.Standard.SEEN,
            Flag.Standard.DELETED,
            Flag.Standard.FLAGGED,
            new Flag.Keyword("Junk"),
            new Flag.Keyword("NonJunk"),
            new Flag.Keyword("work"));

    /** Three pods change one mailbox at random; each follows the journal, and in the end all know what the rows say. */
    @Test
    void journalLeadsToWhatTheRowsSay() throws Exception {
        StorageConfig config = TestDatabase.create();
        long seed = System.nanoTime();
        try (Storage one = TestDatabase.open(config);
                Storage two = TestDatabase.open(config);
                Storage three = TestDatabase.open(config)) {
            List<Storage> pods = List.of(one, two, three);
            AccountId account = TestMail.account(one);
            MailboxId inbox = TestMail.inbox(one, account).id();
            Mailbox trash = TestMail.mailbox(one, account, "Trash");
            for (int round = 0; round < ROUNDS; round++) {
                int number = round;
                List<Snapshot> before =
                        pods.stream().map(pod -> TestMail.snapshot(pod, inbox)).toList();
                Race.lanes(4, lane -> {
                    var random = new Random(seed + 31L * number + lane);
                    for (int i = 0; i < CHANGES; i++) {
                        change(pods.get(lane % 3), inbox, trash, random);
                    }
                });
                try (Storage fresh = TestDatabase.open(config)) {
                    Snapshot rows = withModSeqs(fresh, inbox);
                    for (int pod = 0; pod < pods.size(); pod++) {
                        assertSame(withModSeqs(pods.get(pod), inbox), rows, seed);
                        assertBetween(pods.get(pod), before.get(pod), rows, seed);
                    }
                }
            }
        }
        Invariants.checkSwept(config);
    }

    private static void change(Storage pod, MailboxId inbox, Mailbox trash, Random random) throws Exception {
        long low = random.nextLong(1, 120);
        UidSet some = UidSet.range(low, low + random.nextInt(20));
        switch (random.nextInt(8)) {
            case 0, 1 -> TestMail.append(pod, inbox.account(), TestMail.text(low), someFlags(random));
            case 2 ->
                TestMail.append(
                        pod,
                        inbox.account(),
                        MailboxName.INBOX,
                        List.of(
                                TestMail.message(TestMail.text(low), someFlags(random)),
                                TestMail.message(TestMail.text(low), someFlags(random)),
                                TestMail.message(TestMail.text(low), someFlags(random))));
            case 3 -> pod.expunges().expunge(inbox, some);
            case 4 -> pod.copies().move(inbox, trash, UidSet.of(low));
            case 5 -> pod.copies().move(trash.id(), pod.mailboxes().find(inbox).orElseThrow(), UidSet.of(low));
            case 6 -> TestMail.snapshot(pod, inbox);
            default ->
                pod.flagChanges()
                        .store(inbox, some, FlagChanges.Mode.values()[random.nextInt(3)], Set.of(someFlags(random)));
        }
    }

    private static Flag[] someFlags(Random random) {
        return FLAGS.stream().filter(flag -> random.nextInt(3) == 0).toArray(Flag[]::new);
    }

    private static Snapshot withModSeqs(Storage pod, MailboxId mailbox) {
        return pod.snapshots()
                .withModSeqs(
                        mailbox, pod.mailboxes().find(mailbox).orElseThrow().highestModSeq());
    }

    private static void assertSame(Snapshot actual, Snapshot rows, long seed) {
        assertThat(actual.modSeq()).as("seed %d", seed).isEqualTo(rows.modSeq());
        assertThat(actual.uids()).as("seed %d", seed).isEqualTo(rows.uids());
        for (Flag flag : FLAGS) {
            assertThat(actual.with(flag)).as("%s, seed %d", flag.wire(), seed).isEqualTo(rows.with(flag));
        }
        assertThat(actual.modSeqs().uids()).as("seed %d", seed).isEqualTo(rows.uids());
        rows.uids().forEach(uid -> assertThat(actual.modSeqs().of(uid))
                .as("UID %d, seed %d", uid, seed)
                .isEqualTo(rows.modSeqs().of(uid)));
    }

    /** What a session is told between two looks: every modseq once, in order, and the UIDs that came and went. */
    private static void assertBetween(Storage pod, Snapshot before, Snapshot rows, long seed) {
        List<Change> changes = pod.snapshots()
                .between(before.mailbox(), before.modSeq(), rows.modSeq())
                .orElseThrow();
        var expected = new ArrayList<Long>();
        for (long modSeq = before.modSeq().value() + 1; modSeq <= rows.modSeq().value(); modSeq++) {
            expected.add(modSeq);
        }
        assertThat(changes)
                .extracting(change -> change.modSeq().value())
                .as("seed %d", seed)
                .isEqualTo(expected);
        UidSet uids = before.uids();
        for (Change change : changes) {
            switch (change.kind()) {
                case ARRIVED, ARRIVED_WITH_VARIOUS_FLAGS -> uids = uids.or(change.uids());
                case EXPUNGED -> uids = uids.andNot(change.uids());
                case FLAGS_ADDED, FLAGS_REMOVED, FLAGS_REPLACED ->
                    assertThat(change.uids().andNot(uids)).as("seed %d", seed).isEqualTo(UidSet.EMPTY);
            }
        }
        assertThat(uids).as("seed %d", seed).isEqualTo(rows.uids());
    }

    /** Once the journal is trimmed, a pod that was behind reads the mailbox, and a session is told that it must. */
    @Test
    void readsTheMailboxWhenTheJournalIsTrimmed() throws Exception {
        StorageConfig config = TestDatabase.create();
        var trimming = new Retention(Duration.ofDays(1), Duration.ZERO, Duration.ofDays(1));
        try (Storage storage = TestDatabase.open(config);
                Storage sweeping = TestDatabase.open(Invariants.keeping(config, trimming))) {
            AccountId account = TestMail.account(storage);
            MailboxId inbox = TestMail.inbox(storage, account).id();
            ModSeq old = TestMail.snapshot(storage, inbox).modSeq();
            for (int i = 0; i < 3; i++) {
                TestMail.append(sweeping, account, TestMail.text(i));
            }
            sweeping.sweeper().sweep();
            Mailbox now = TestMail.inbox(storage, account);
            assertThat(now.journalFloor()).isEqualTo(now.highestModSeq());
            assertThat(storage.snapshots().between(inbox, old, now.highestModSeq()))
                    .isEmpty();
            assertThat(storage.snapshots().at(inbox, now.highestModSeq()).uids())
                    .isEqualTo(UidSet.range(1, 3));
            TestMail.append(sweeping, account, TestMail.text(4));
            ModSeq next = TestMail.inbox(storage, account).highestModSeq();
            assertThat(storage.snapshots().between(inbox, old, next)).isEmpty();
            assertThat(storage.snapshots().between(inbox, now.highestModSeq(), next))
                    .map(List::size)
                    .isEqualTo(Optional.of(1));
        }
        Invariants.check(config);
    }

    /** A few changes may name more messages, one here and one there, than the mailbox has. */
    @Test
    void readsTheMailboxWhenTheJournalIsLong() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage storage = TestDatabase.open(config);
                var sql = new Sql(config)) {
            AccountId account = TestMail.account(storage);
            MailboxId inbox = TestMail.inbox(storage, account).id();
            ModSeq old = TestMail.snapshot(storage, inbox).modSeq();
            TestMail.append(storage, account, TestMail.text(1));
            sql.execute("""
                    INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, operation, uids)
                    SELECT account_id, mailbox_id, highest_modseq + number, 3, 1, gen_random_uuid(),
                           (SELECT range_agg(int8range(uid, uid + 1))
                              FROM (SELECT generate_series(1, 200000) + (random() * 1e9)::bigint AS uid) many)
                      FROM mailbox, generate_series(1, 3) AS number
                     WHERE account_id = ? AND mailbox_id = ?
                    """, account.value(), inbox.value());
            sql.execute(
                    "UPDATE mailbox SET highest_modseq = highest_modseq + 3 WHERE account_id = ? AND mailbox_id = ?",
                    account.value(),
                    inbox.value());
            ModSeq now = TestMail.inbox(storage, account).highestModSeq();
            assertThat(storage.snapshots().between(inbox, old, now).isPresent()).isFalse();
            assertThat(storage.snapshots().at(inbox, now).uids()).isEqualTo(UidSet.of(1));
        }
    }

    /** Rows of arrivals are read after the journal, and may be of a later moment: then the snapshot is of that one too. */
    @Test
    void rowsThatAreNewerThanTheJournalBringTheirModSeq() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage here = TestDatabase.open(config);
                Storage elsewhere = TestDatabase.open(config);
                var other = new Sql(config)) {
            AccountId account = TestMail.account(here);
            MailboxId inbox = TestMail.inbox(here, account).id();
            TestMail.snapshot(here, inbox);
            TestMail.append(
                    elsewhere,
                    account,
                    MailboxName.INBOX,
                    List.of(TestMail.message("1"), TestMail.message("2", Flag.Standard.FLAGGED)));
            ModSeq arrived = TestMail.inbox(elsewhere, account).highestModSeq();
            other.begin();
            other.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE");
            Future<Snapshot> reading = Race.start(() -> here.snapshots().at(inbox, arrived));
            other.awaitWaiting(1);
            other.execute("""
                    INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, operation, uids)
                    SELECT account_id, mailbox_id, highest_modseq + 1, 3, 1, gen_random_uuid(), '{[1,2)}'
                      FROM mailbox WHERE account_id = ? AND mailbox_id = ?
                    """, account.value(), inbox.value());
            other.execute("UPDATE message SET flags = flags | 1, modseq = modseq + 1 WHERE uid = 1");
            other.execute(
                    "UPDATE mailbox SET highest_modseq = highest_modseq + 1, unseen = unseen - 1"
                            + " WHERE account_id = ? AND mailbox_id = ?",
                    account.value(),
                    inbox.value());
            other.commit();
            Snapshot read = Race.result(reading);
            assertThat(read.with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
            assertThat(read.modSeq().value()).isEqualTo(arrived.value() + 1);
        }
        Invariants.check(config);
    }

    /** However many sessions wait for a snapshot, the mailbox is read once. */
    @Test
    void loadsOnce() throws Exception {
        StorageConfig config = TestDatabase.create();
        var registry = new SimpleMeterRegistry();
        try (Storage storage = new Storage(config, registry)) {
            AccountId account = TestMail.account(storage);
            TestMail.appendMany(storage, account, MailboxName.INBOX, 50);
            Mailbox inbox = TestMail.inbox(storage, account);
            Race.lanes(20, lane -> assertThat(storage.snapshots()
                            .at(inbox.id(), inbox.highestModSeq())
                            .uids()
                            .size())
                    .isEqualTo(50));
            assertThat(registry.timer("heddle.snapshot.load").count()).isEqualTo(1);
        }
    }

    /** The one that reads finds out that the database does not answer; the others do not wait once more for the same. */
    @Test
    void failsOnceForAllThatWait() throws Exception {
        StorageConfig config = TestDatabase.create();
        var registry = new SimpleMeterRegistry();
        var waits = new Waits(Duration.ofSeconds(10), Duration.ofSeconds(12)); // 2 s for a lock
        try (Storage storage = new Storage(config.with(8, waits), registry);
                var other = new Sql(config)) {
            AccountId account = TestMail.account(storage);
            TestMail.append(storage, account, TestMail.text(1));
            Mailbox inbox = TestMail.inbox(storage, account);
            other.begin();
            other.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE");
            Race.lanes(20, lane -> assertThatThrownBy(() -> {
                        if (lane % 2 == 0) {
                            storage.snapshots().at(inbox.id(), inbox.highestModSeq());
                        } else {
                            storage.snapshots().withModSeqs(inbox.id(), inbox.highestModSeq());
                        }
                    })
                    .isInstanceOf(StorageException.class));
            assertThat(registry.counter("heddle.database.failures", "reason", "timeout")
                            .count())
                    .isEqualTo(1);
            other.commit();
            assertThat(TestMail.snapshot(storage, inbox.id()).uids()).isEqualTo(UidSet.of(1));
        }
    }

    /** What this pod commits is told at once, what others commit soon after, and a deletion too. */
    @Test
    void feedTellsWhatHappens() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage here = TestDatabase.open(config);
                Storage elsewhere = TestDatabase.open(config)) {
            AccountId account = TestMail.account(here);
            here.mailboxes().create(account, new MailboxName("x"), Set.of());
            Mailbox watched = TestMail.mailbox(here, account, "x");
            var told = new LinkedBlockingQueue<Long>();
            var deletions = new AtomicInteger();
            try (Feed.Watch watch = here.feed().watch(watched.id(), new Feed.Watcher() {
                @Override
                public void changed(ModSeq modSeq) {
                    told.add(modSeq.value());
                }

                @Override
                public void deleted() {
                    deletions.incrementAndGet();
                    told.add(-1L);
                }
            })) {
                assertThat(watch).isNotNull();
                TestMail.appendMany(here, account, watched.name(), 1);
                assertThat(told.poll()).isEqualTo(watched.highestModSeq().value() + 1);
                TestMail.appendMany(elsewhere, account, watched.name(), 1);
                assertThat(told.poll(10, TimeUnit.SECONDS))
                        .isEqualTo(watched.highestModSeq().value() + 2);
                elsewhere.mailboxes().delete(account, watched.name());
                assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(-1L);
            }
            assertThat(deletions).hasPositiveValue();
        }
    }
}
