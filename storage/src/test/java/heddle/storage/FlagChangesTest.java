package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.storage.FlagChanges.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** STORE and EXPUNGE of many sessions at once (DESIGN §4 rule 1). */
class FlagChangesTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);

    private AccountId account;
    private MailboxId inbox;

    @BeforeEach
    void makeMailbox() throws Exception {
        account = TestMail.account(STORAGE);
        inbox = TestMail.inbox(STORAGE, account).id();
        TestMail.appendMany(STORAGE, account, MailboxName.INBOX, 20);
    }

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    /** The mailbox is locked until the change is committed, and a modseq is given out once. */
    @Test
    void manyStoresEachGetAModseq() throws Exception {
        long first = TestMail.inbox(STORAGE, account).highestModSeq().value();
        var given = new ConcurrentLinkedQueue<Long>();
        Race.lanes(8, lane -> {
            for (int i = 0; i < 40; i++) {
                var stored = STORAGE.flagChanges()
                        .store(
                                inbox,
                                UidSet.of(1 + lane),
                                i % 2 == 0 ? Mode.ADD : Mode.REMOVE,
                                Set.of(Flag.Standard.FLAGGED));
                given.add(stored.change().orElseThrow().modSeq().value());
            }
        });
        assertThat(given).doesNotHaveDuplicates().hasSize(8 * 40);
        assertThat(TestMail.inbox(STORAGE, account).highestModSeq().value()).isEqualTo(first + 8 * 40);
    }

    @Test
    void manyExpungesEachGetAModseq() throws Exception {
        STORAGE.flagChanges().store(inbox, UidSet.range(1, 20), Mode.ADD, Set.of(Flag.Standard.DELETED));
        var given = new ConcurrentLinkedQueue<Long>();
        Race.lanes(5, lane -> {
            for (int i = 0; i < 4; i++) {
                var expunged = STORAGE.expunges().expunge(inbox, UidSet.of(1 + lane + 5L * i));
                given.add(expunged.change().orElseThrow().modSeq().value());
            }
        });
        assertThat(given).doesNotHaveDuplicates().hasSize(20);
    }

    /** Only what was changed is told, and only that has the new modseq. */
    @Test
    void tellsWhatChanged() {
        STORAGE.flagChanges().store(inbox, UidSet.range(3, 5), Mode.ADD, Set.of(Flag.Standard.SEEN));
        Change partly = STORAGE.flagChanges()
                .store(inbox, UidSet.range(1, 10), Mode.ADD, Set.of(Flag.Standard.SEEN))
                .change()
                .orElseThrow();
        assertThat(partly.uids()).isEqualTo(UidSet.range(1, 2).or(UidSet.range(6, 10)));
        assertThat(STORAGE.flagChanges()
                        .store(inbox, UidSet.range(1, 10), Mode.ADD, Set.of(Flag.Standard.SEEN))
                        .change())
                .isEmpty();
        STORAGE.flagChanges().store(inbox, UidSet.range(9, 12), Mode.ADD, Set.of(Flag.Standard.DELETED));
        assertThat(STORAGE.expunges()
                        .expunge(inbox, UidSet.range(1, 10))
                        .change()
                        .orElseThrow()
                        .uids())
                .isEqualTo(UidSet.range(9, 10));
        assertThat(STORAGE.expunges().expunge(inbox, UidSet.range(1, 10)).change())
                .isEmpty();
        assertThat(STORAGE.flagChanges()
                        .store(inbox, UidSet.range(9, 13), Mode.REPLACE, Set.of())
                        .change()
                        .orElseThrow()
                        .uids())
                .isEqualTo(UidSet.range(11, 12));
        assertThat(TestMail.snapshot(STORAGE, inbox).uids())
                .isEqualTo(UidSet.range(1, 8).or(UidSet.range(11, 20)));
    }

    /** While one holds the mailbox, those that wait on this pod come together, each with a modseq and a journal row. */
    @Test
    void storesThatWaitShareATransaction() throws Exception {
        var running = new ArrayList<Future<FlagChanges.Stored>>();
        try (var sql = new Sql(CONFIG)) {
            sql.begin();
            sql.execute("SELECT 1 FROM mailbox WHERE mailbox_id = ? FOR UPDATE", inbox.value());
            for (int i = 1; i <= 6; i++) {
                UidSet uids = UidSet.range(i, i + i / 6); // the last one overlaps with nobody, and names two
                var task = new FutureTask<>(
                        () -> STORAGE.flagChanges().store(inbox, uids, Mode.REPLACE, Set.of(Flag.Standard.DELETED)));
                Thread thread = Thread.startVirtualThread(task);
                running.add(task);
                if (i == 1) {
                    sql.awaitWaiting(1);
                } else {
                    awaitQueued(thread);
                }
            }
            sql.commit();
            var given = new TreeSet<Long>();
            for (Future<FlagChanges.Stored> each : running) {
                given.add(Race.result(each).change().orElseThrow().modSeq().value());
            }
            assertThat(given).hasSize(6);
            assertThat(sql.rows("""
                            SELECT c.uids::text
                              FROM change c
                             WHERE c.mailbox_id = ? AND c.modseq BETWEEN ? AND ?
                             ORDER BY c.modseq
                            """, inbox.value(), given.first(), given.last()))
                    .extracting(List::getFirst)
                    .containsExactly("{[1,2)}", "{[2,3)}", "{[3,4)}", "{[4,5)}", "{[5,6)}", "{[6,8)}");
            assertThat(sql.number(
                            "SELECT count(DISTINCT xmin::text) FROM change WHERE mailbox_id = ? AND modseq >= ?",
                            inbox.value(),
                            given.first()))
                    .isEqualTo(2);
        }
        assertThat(TestMail.inbox(STORAGE, account).counters().deleted()).isEqualTo(7);
    }

    private static void awaitQueued(Thread thread) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (thread.getState() != Thread.State.WAITING) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }

    /** Stores of the same message cannot be one statement; each comes, and the last one counts. */
    @Test
    void storesOfTheSameMessageComeOneAfterTheOther() throws Exception {
        Race.lanes(6, lane -> {
            for (int i = 0; i < 20; i++) {
                Mode mode = (lane + i) % 2 == 0 ? Mode.ADD : Mode.REMOVE;
                STORAGE.flagChanges().store(inbox, UidSet.range(1, 1 + lane), mode, Set.of(Flag.Standard.SEEN));
            }
        });
        STORAGE.flagChanges().store(inbox, UidSet.range(1, 20), Mode.ADD, Set.of(Flag.Standard.SEEN));
        assertThat(TestMail.inbox(STORAGE, account).counters().unseen()).isZero();
    }

    /** REPLACE takes keywords away too, together with others or alone. */
    @Test
    void replacingTakesKeywordsAway() {
        STORAGE.flagChanges().store(inbox, UidSet.of(1), Mode.ADD, Set.of(new Flag.Keyword("$Label1")));
        assertThat(STORAGE.flagChanges()
                        .store(inbox, UidSet.of(1), Mode.REPLACE, Set.of())
                        .change())
                .isPresent();
        assertThat(STORAGE.flagChanges()
                        .store(inbox, UidSet.of(1), Mode.REPLACE, Set.of())
                        .change())
                .isEmpty();
    }

    /** What two sessions know to be unchanged, only one of them can change (RFC 7162 §3.1.3). */
    @Test
    void onlyOneOfManyConditionalStoresWins() throws Exception {
        for (int round = 0; round < 5; round++) {
            ModSeq known = TestMail.inbox(STORAGE, account).highestModSeq();
            Mode mode = round % 2 == 0 ? Mode.ADD : Mode.REMOVE;
            var winners = new ConcurrentLinkedQueue<Integer>();
            Race.lanes(8, lane -> {
                var stored = STORAGE.flagChanges()
                        .storeUnchanged(inbox, UidSet.range(1, 20), known, mode, Set.of(new Flag.Keyword("$Mine")));
                if (stored.spared().isEmpty()) {
                    winners.add(lane);
                } else {
                    assertThat(stored.spared()).isEqualTo(UidSet.range(1, 20));
                }
            });
            assertThat(winners).hasSize(1);
        }
    }

    /** A change of other flags does not count, unless all are replaced or the journal no longer tells. */
    @Test
    void sparesWhatMayHaveChanged() {
        ModSeq known = TestMail.inbox(STORAGE, account).highestModSeq();
        FlagChanges changes = STORAGE.flagChanges();
        changes.store(inbox, UidSet.range(1, 3), Mode.ADD, Set.of(Flag.Standard.SEEN));
        changes.store(inbox, UidSet.of(3), Mode.REMOVE, Set.of(Flag.Standard.SEEN));
        var other = changes.storeUnchanged(inbox, UidSet.range(1, 4), known, Mode.ADD, Set.of(Flag.Standard.FLAGGED));
        assertThat(other.newer()).isEqualTo(UidSet.range(1, 3));
        assertThat(other.spared()).isEqualTo(UidSet.EMPTY);
        var same = changes.storeUnchanged(inbox, UidSet.range(3, 5), known, Mode.ADD, Set.of(Flag.Standard.SEEN));
        assertThat(same.newer()).isEqualTo(UidSet.range(3, 4));
        assertThat(same.spared()).isEqualTo(UidSet.of(3));
        var all = changes.storeUnchanged(inbox, UidSet.range(5, 6), known, Mode.REPLACE, Set.of());
        assertThat(all.spared()).isEqualTo(UidSet.of(5));
        var unknown = changes.storeUnchanged(inbox, UidSet.of(6), new ModSeq(0), Mode.ADD, Set.of(Flag.Standard.DRAFT));
        assertThat(unknown.spared()).isEqualTo(UidSet.of(6));
        assertThat(unknown.stored().change()).isEmpty();
    }
}
