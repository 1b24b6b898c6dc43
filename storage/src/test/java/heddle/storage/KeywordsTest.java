package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.Flag.Keyword;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.storage.FlagChanges.Mode;
import heddle.storage.StorageException.Reason;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeywordsTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);

    private AccountId account;
    private MailboxId inbox;

    @BeforeEach
    void makeMailbox() throws Exception {
        account = TestMail.account(STORAGE);
        inbox = TestMail.inbox(STORAGE, account).id();
        TestMail.appendMany(STORAGE, account, MailboxName.INBOX, 3);
    }

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    private static void store(MailboxId mailbox, long uid, Mode mode, Flag... flags) {
        STORAGE.flagChanges().store(mailbox, UidSet.of(uid), mode, Set.of(flags));
    }

    @Test
    void firstSpellingWins() throws Exception {
        store(inbox, 1, Mode.ADD, new Keyword("$MDNSent"));
        store(inbox, 2, Mode.ADD, new Keyword("$mdnsent"));
        TestMail.append(STORAGE, account, TestMail.text(4), new Keyword("$MDNSENT"));
        Snapshot snapshot = TestMail.snapshot(STORAGE, inbox);
        assertThat(snapshot.keywords()).extracting(Keyword::wire).containsExactly("$MDNSent");
        assertThat(snapshot.with(new Keyword("$mdnSENT")))
                .isEqualTo(UidSet.of(1).or(UidSet.of(2)).or(UidSet.of(4)));
        store(inbox, 1, Mode.REMOVE, new Keyword("$MDNsent"));
        assertThat(TestMail.snapshot(STORAGE, inbox)
                        .with(new Keyword("$MDNSent"))
                        .contains(1))
                .isFalse();
    }

    @Test
    void replacesAllFlagsOfAMessage() {
        store(inbox, 1, Mode.ADD, new Keyword("a"), new Keyword("b"), Flag.Standard.SEEN);
        store(inbox, 1, Mode.REPLACE, new Keyword("b"), Flag.Standard.DRAFT);
        Snapshot snapshot = TestMail.snapshot(STORAGE, inbox);
        assertThat(snapshot.with(new Keyword("a"))).isEqualTo(UidSet.EMPTY);
        assertThat(snapshot.with(new Keyword("b"))).isEqualTo(UidSet.of(1));
        assertThat(snapshot.with(Flag.Standard.SEEN)).isEqualTo(UidSet.EMPTY);
        assertThat(snapshot.with(Flag.Standard.DRAFT)).isEqualTo(UidSet.of(1));
        store(inbox, 1, Mode.REPLACE);
        assertThat(TestMail.snapshot(STORAGE, inbox).with(new Keyword("b"))).isEqualTo(UidSet.EMPTY);
    }

    /** What is there already costs no modseq. */
    @Test
    void changesNothingTwice() {
        store(inbox, 1, Mode.ADD, new Keyword("a"));
        var again = STORAGE.flagChanges().store(inbox, UidSet.of(1), Mode.ADD, Set.of(new Keyword("A")));
        assertThat(again.change()).isEmpty();
        assertThat(again.modSeq()).isEqualTo(TestMail.inbox(STORAGE, account).highestModSeq());
    }

    @Test
    void twoSessionsGiveOneNumber() throws Exception {
        Race.lanes(6, lane -> store(inbox, 1 + lane % 3, Mode.ADD, new Keyword(lane % 2 == 0 ? "same" : "SAME")));
        assertThat(TestMail.snapshot(STORAGE, inbox).keywords()).hasSize(1);
    }

    @Test
    void refusesOneTooMany() {
        var many = new HashSet<Flag>();
        for (int i = 0; i < Keywords.LIMIT; i++) {
            many.add(new Keyword("k" + i));
        }
        STORAGE.flagChanges().store(inbox, UidSet.of(1), Mode.ADD, many);
        Mailbox full = TestMail.inbox(STORAGE, account);
        assertThat(full.counters().keywords()).isEqualTo(Keywords.LIMIT);
        for (Runnable oneMore : List.<Runnable>of(
                () -> store(inbox, 1, Mode.ADD, new Keyword("more")),
                () -> store(inbox, 2, Mode.REPLACE, new Keyword("k1"), new Keyword("more")))) {
            assertThatThrownBy(oneMore::run)
                    .isInstanceOfSatisfying(StorageException.class, refused -> assertThat(refused.reason())
                            .isEqualTo(Reason.LIMIT));
        }
        assertThatThrownBy(() -> TestMail.append(STORAGE, account, TestMail.text(1), new Keyword("more")))
                .isInstanceOf(StorageException.class);
        assertThat(TestMail.inbox(STORAGE, account)).isEqualTo(full);
        store(inbox, 2, Mode.ADD, new Keyword("K7"));
        store(inbox, 1, Mode.REMOVE, new Keyword("never seen"));
        assertThat(TestMail.snapshot(STORAGE, inbox).with(new Keyword("k7"))).isEqualTo(UidSet.range(1, 2));
    }

    @Test
    void refusesOneTooLong() {
        store(inbox, 1, Mode.ADD, new Keyword("k".repeat(255)));
        assertThatThrownBy(() -> store(inbox, 1, Mode.ADD, new Keyword("k".repeat(256))))
                .isInstanceOfSatisfying(StorageException.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Reason.LIMIT);
                    assertThat(refused.text()).contains("keyword");
                });
    }

    /** Numbers are each mailbox's own: COPY and MOVE translate them. */
    @Test
    void keepTheirMeaningInAnotherMailbox() {
        Mailbox trash = TestMail.mailbox(STORAGE, account, "Trash");
        store(inbox, 1, Mode.ADD, new Keyword("a"), new Keyword("b"));
        store(inbox, 2, Mode.ADD, new Keyword("c"));
        STORAGE.copies().copy(inbox, trash, UidSet.of(2), Account.Quota.NONE);
        STORAGE.copies().move(inbox, trash, UidSet.of(1).or(UidSet.of(3)));
        Snapshot there = TestMail.snapshot(STORAGE, trash.id());
        assertThat(there.keywords().getFirst()).isEqualTo(new Keyword("c"));
        assertThat(there.with(new Keyword("c"))).isEqualTo(UidSet.of(1));
        assertThat(there.with(new Keyword("a"))).isEqualTo(UidSet.of(2));
        assertThat(there.with(new Keyword("b"))).isEqualTo(UidSet.of(2));
        assertThat(there.uids()).isEqualTo(UidSet.range(1, 3));
    }
}
