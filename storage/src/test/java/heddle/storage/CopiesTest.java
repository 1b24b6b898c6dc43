package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.storage.StorageConfig.Retention;
import heddle.storage.StorageException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** COPY and MOVE (RFC 3501 §6.4.7, RFC 6851), alone and many at once (DESIGN §4 rules 1, 2 and 9). */
class CopiesTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage ONE = TestDatabase.open(CONFIG);
    private static final Storage OTHER = TestDatabase.open(CONFIG);

    private AccountId account;
    private Mailbox inbox;
    private Mailbox trash;
    private Mailbox archive;

    @BeforeEach
    void makeAccount() {
        account = TestMail.account(ONE);
        inbox = TestMail.inbox(ONE, account);
        trash = TestMail.mailbox(ONE, account, "Trash");
        archive = TestMail.mailbox(ONE, account, "Archive");
    }

    @AfterAll
    static void checkAndClose() {
        ONE.close();
        OTHER.close();
        Invariants.checkSwept(CONFIG);
    }

    @Test
    void copyKeepsFlagsDateAndBytes() throws Exception {
        long uid = TestMail.append(ONE, account, "Subject: x\r\n\r\ny", Flag.Standard.SEEN, new Flag.Keyword("Work"));
        Copies.Copied copied = ONE.copies().copy(inbox.id(), trash, UidSet.of(uid), Account.Quota.NONE);
        assertThat(copied.from()).isEqualTo(UidSet.of(uid));
        assertThat(copied.to()).isEqualTo(UidSet.of(1));
        assertThat(TestMail.body(ONE, trash.id(), 1)).asString().isEqualTo("Subject: x\r\n\r\ny");
        Snapshot there = TestMail.snapshot(ONE, trash.id());
        assertThat(there.with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
        assertThat(there.with(new Flag.Keyword("work"))).isEqualTo(UidSet.of(1));
        MessageRow from =
                ONE.fetches().read(inbox.id(), UidSet.of(uid), Set.of()).getFirst();
        MessageRow to = ONE.fetches().read(trash.id(), UidSet.of(1), Set.of()).getFirst();
        assertThat(to.internalDateTime()).isEqualTo(from.internalDateTime());
        assertThat(to.contentId()).isEqualTo(from.contentId());
    }

    @Test
    void moveIntoTheMailboxItselfGivesNewUids() throws Exception {
        TestMail.appendMany(ONE, account, MailboxName.INBOX, 3);
        Copies.Copied moved = ONE.copies().move(inbox.id(), inbox, UidSet.range(1, 2));
        assertThat(moved.to()).isEqualTo(UidSet.range(4, 5));
        assertThat(TestMail.snapshot(ONE, inbox.id()).uids()).isEqualTo(UidSet.range(3, 5));
        assertThat(TestMail.snapshot(OTHER, inbox.id()).uids()).isEqualTo(UidSet.range(3, 5));
    }

    /** Rule 1: of two MOVEs the second counts what the first has left. */
    @Test
    void twoMovesOfTheSameMessagesLeaveEachOnce() throws Exception {
        for (int round = 0; round < 15; round++) {
            UidSet uids = TestMail.appendMany(ONE, account, MailboxName.INBOX, 8);
            List<Copies.Copied> moved = Race.all(List.of(
                    () -> ONE.copies().move(inbox.id(), trash, uids.between(uids.first(), uids.last() - 2)),
                    () -> OTHER.copies().move(inbox.id(), archive, uids.between(uids.first() + 2, uids.last()))));
            assertThat(moved.getFirst().from().intersects(moved.getLast().from()))
                    .isFalse();
            assertThat(moved.getFirst().from().or(moved.getLast().from())).isEqualTo(uids);
        }
        assertThat(TestMail.snapshot(ONE, inbox.id()).uids()).isEqualTo(UidSet.EMPTY);
        assertThat(TestMail.snapshot(ONE, trash.id()).uids().size()
                        + TestMail.snapshot(ONE, archive.id()).uids().size())
                .isEqualTo(15 * 8);
    }

    /** Rule 2: mailboxes are locked by ascending id, so that no two commands wait for each other. */
    @Test
    void copyBothWaysAtOnceIsNoDeadlock() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (var sql = new Sql(config)) {
            sql.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 10',"
                    + " current_database()); END $$");
        }
        try (Storage storage = TestDatabase.open(config)) {
            AccountId owner = TestMail.account(storage);
            var boxes = new ArrayList<>(List.of(
                    TestMail.inbox(storage, owner),
                    TestMail.mailbox(storage, owner, "Trash"),
                    TestMail.mailbox(storage, owner, "Sent")));
            for (Mailbox box : boxes) {
                TestMail.appendMany(storage, owner, box.name(), 2);
            }
            Race.lanes(6, lane -> {
                Mailbox from = boxes.get(lane % 3);
                Mailbox to = boxes.get((lane + 1 + lane / 3) % 3);
                for (int i = 0; i < 20; i++) {
                    storage.copies().copy(from.id(), to, UidSet.range(1, 2), Account.Quota.NONE);
                }
            });
        }
        try (var sql = new Sql(config)) {
            // A connection counts its deadlocks when it ends.
            sql.await("count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()");
            assertThat(sql.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
                    .isZero();
        }
        Invariants.check(config);
    }

    /** Rule 9: what a session has not been told of, it can still read and copy (RFC 2180 §4.4.1). */
    @Test
    void copiesWhatIsExpungedButKept() throws Exception {
        TestMail.append(ONE, account, TestMail.text(1), Flag.Standard.DELETED);
        TestMail.append(ONE, account, TestMail.text(2));
        ONE.expunges().expunge(inbox.id(), UidSet.range(1, 2));
        assertThat(ONE.fetches().read(inbox.id(), UidSet.range(1, 2), Set.of())).hasSize(2);
        assertThat(TestMail.body(ONE, inbox.id(), 1)).asString().isEqualTo(TestMail.text(1));
        assertThat(ONE.copies()
                        .copy(inbox.id(), trash, UidSet.range(1, 2), Account.Quota.NONE)
                        .to())
                .isEqualTo(UidSet.range(1, 2));
        assertThat(ONE.copies().move(inbox.id(), archive, UidSet.range(1, 2)).from())
                .as("an expunged message has left already")
                .isEqualTo(UidSet.of(2));
    }

    /** Rule 9: a COPY that includes what is no longer kept fails as a whole. */
    @Test
    void copiesNothingWhenOneIsSwept() throws Exception {
        TestMail.append(ONE, account, TestMail.text(1), Flag.Standard.DELETED);
        TestMail.append(ONE, account, TestMail.text(2));
        ONE.expunges().expunge(inbox.id(), UidSet.range(1, 2));
        var atOnce = new Retention(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(1));
        try (Storage sweeping = TestDatabase.open(Invariants.keeping(CONFIG, atOnce))) {
            sweeping.sweeper().sweep();
        }
        assertThat(ONE.fetches().read(inbox.id(), UidSet.range(1, 2), Set.of())).hasSize(1);
        assertThatThrownBy(() -> ONE.copies().copy(inbox.id(), trash, UidSet.range(1, 2), Account.Quota.NONE))
                .isInstanceOfSatisfying(StorageException.class, failed -> assertThat(failed.reason())
                        .isEqualTo(Reason.EXPUNGED));
        assertThat(TestMail.mailbox(ONE, account, "Trash")).isEqualTo(trash);
    }

    @Test
    void copiesNothingBeyondTheQuota() throws Exception {
        long uid = TestMail.append(ONE, account, TestMail.text(1));
        var quota = new Account.Quota(OptionalLong.of(2L * TestMail.text(1).length() - 1));
        assertThatThrownBy(() -> ONE.copies().copy(inbox.id(), trash, UidSet.of(uid), quota))
                .isInstanceOfSatisfying(StorageException.class, failed -> assertThat(failed.reason())
                        .isEqualTo(Reason.OVER_QUOTA));
        assertThat(TestMail.mailbox(ONE, account, "Trash")).isEqualTo(trash);
    }

    @Test
    void movesNothingWhereNothingIs() {
        Copies.Copied moved = ONE.copies().move(inbox.id(), trash, UidSet.range(1, 5));
        assertThat(moved.from()).isEqualTo(UidSet.EMPTY);
        assertThat(moved.gone()).isEmpty();
        assertThat(TestMail.mailbox(ONE, account, "Trash")).isEqualTo(trash);
    }
}
