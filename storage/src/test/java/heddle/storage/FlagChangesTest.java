package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.storage.FlagChanges.Mode;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
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
}
