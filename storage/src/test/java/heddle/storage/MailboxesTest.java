package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.protocol.UidSet;
import heddle.storage.StorageException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CREATE, DELETE, RENAME (RFC 3501 §6.3.3 to §6.3.5), alone and beside others (DESIGN §4 rules 2, 8, 10 and 11). */
class MailboxesTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage ONE = TestDatabase.open(CONFIG);
    private static final Storage OTHER = TestDatabase.open(CONFIG);

    private final Mailboxes mailboxes = ONE.mailboxes();
    private AccountId account;

    @BeforeEach
    void makeAccount() {
        account = TestMail.account(ONE);
    }

    @AfterAll
    static void checkAndClose() {
        ONE.close();
        OTHER.close();
        Invariants.checkSwept(CONFIG);
    }

    private static MailboxName name(String name) {
        return new MailboxName(name);
    }

    private List<String> names() {
        return mailboxes.list(account).stream()
                .map(mailbox -> mailbox.name().value())
                .filter(name -> !List.of("Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash")
                        .contains(name))
                .toList();
    }

    private static void assertRefused(Reason reason, ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(StorageException.class, refused -> assertThat(refused.reason())
                        .isEqualTo(reason));
    }

    @Test
    void everyAccountHasItsFirstMailboxes() {
        assertThat(mailboxes.list(account))
                .extracting(mailbox -> mailbox.name().value())
                .containsExactly("Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash");
        assertThat(TestMail.mailbox(ONE, account, "Junk").uses()).containsExactly(SpecialUse.JUNK);
        assertThat(mailboxes.subscriptions(account)).hasSize(6);
    }

    @Test
    void createMakesWhatIsAboveToo() {
        mailboxes.create(account, name("a/b/c"), Set.of());
        assertThat(names()).containsExactly("a", "a/b", "a/b/c");
        assertRefused(Reason.ALREADY_EXISTS, () -> mailboxes.create(account, name("a/b"), Set.of()));
        assertRefused(Reason.ALREADY_EXISTS, () -> mailboxes.create(account, name("inbox"), Set.of()));
    }

    /** Rule 10: a name's UIDVALIDITY is never used again, and UIDs begin anew. */
    @Test
    void neverReusesUidValidity() throws Exception {
        var seen = new ArrayList<Long>();
        for (int i = 0; i < 5; i++) {
            mailboxes.create(account, name("again"), Set.of());
            Mailbox made = TestMail.mailbox(ONE, account, "again");
            seen.add(made.uidValidity().value());
            assertThat(TestMail.appendMany(ONE, account, name("again"), 2)).isEqualTo(UidSet.range(1, 2));
            mailboxes.delete(account, name("again"));
            assertThat(mailboxes.find(made.id())).isEmpty();
        }
        assertThat(seen).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void deleteKeepsWhatLiesBelow() throws Exception {
        mailboxes.create(account, name("a/b/c"), Set.of());
        TestMail.appendMany(ONE, account, name("a/b/c"), 2);
        mailboxes.delete(account, name("a/b"));
        assertThat(names()).containsExactly("a", "a/b/c");
        assertThat(TestMail.mailbox(ONE, account, "a/b/c").counters().messages())
                .isEqualTo(2);
        assertRefused(Reason.HAS_CHILDREN, () -> mailboxes.delete(account, name("a/b")));
        assertRefused(Reason.CANNOT, () -> mailboxes.delete(account, MailboxName.INBOX));
    }

    @Test
    void deletedMailboxTakesNothing() throws Exception {
        mailboxes.create(account, name("gone"), Set.of());
        TestMail.append(ONE, account, TestMail.text(1));
        Mailbox gone = TestMail.mailbox(ONE, account, "gone");
        MailboxId inbox = TestMail.inbox(ONE, account).id();
        mailboxes.delete(account, name("gone"));
        assertRefused(Reason.NOT_FOUND, () -> TestMail.appendMany(ONE, account, name("gone"), 1));
        assertRefused(Reason.NOT_FOUND, () -> TestMail.appendMany(ONE, account, name("gone"), 2));
        assertRefused(Reason.NOT_FOUND, () -> ONE.copies().copy(inbox, gone, UidSet.of(1), Account.Quota.NONE));
        assertRefused(Reason.NOT_FOUND, () -> ONE.copies().move(inbox, gone, UidSet.of(1)));
        assertRefused(Reason.NOT_FOUND, () -> ONE.flagChanges()
                .store(gone.id(), UidSet.of(1), FlagChanges.Mode.ADD, Set.of(Flag.Standard.SEEN)));
        assertRefused(Reason.NOT_FOUND, () -> ONE.expunges().expunge(gone.id(), UidSet.of(1)));
        assertRefused(Reason.NOT_FOUND, () -> OTHER.snapshots().at(gone.id(), gone.highestModSeq()));
        assertThat(TestMail.snapshot(ONE, inbox).uids()).isEqualTo(UidSet.of(1));
    }

    @Test
    void renameKeepsUidsAndTakesWhatLiesBelow() throws Exception {
        mailboxes.create(account, name("a/b/c"), Set.of());
        TestMail.appendMany(ONE, account, name("a/b"), 2);
        Mailbox before = TestMail.mailbox(ONE, account, "a/b");
        mailboxes.rename(account, name("a"), name("x/y"));
        assertThat(names()).containsExactly("x", "x/y", "x/y/b", "x/y/b/c");
        Mailbox after = TestMail.mailbox(ONE, account, "x/y/b");
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.uidValidity()).isEqualTo(before.uidValidity());
        assertThat(after.uidNext()).isEqualTo(before.uidNext());
    }

    @Test
    void refusesImpossibleRenames() {
        mailboxes.create(account, name("a/b"), Set.of());
        mailboxes.create(account, name("c/b"), Set.of());
        assertRefused(Reason.CANNOT, () -> mailboxes.rename(account, name("a"), name("a/b/c")));
        assertRefused(Reason.CANNOT, () -> mailboxes.rename(account, name("a"), name("a/x")));
        assertRefused(Reason.ALREADY_EXISTS, () -> mailboxes.rename(account, name("a"), name("c")));
        assertRefused(Reason.ALREADY_EXISTS, () -> mailboxes.rename(account, MailboxName.INBOX, name("c")));
        assertRefused(Reason.NOT_FOUND, () -> mailboxes.rename(account, name("none"), name("d")));
        mailboxes.delete(account, name("c"));
        assertRefused(Reason.ALREADY_EXISTS, () -> mailboxes.rename(account, name("a"), name("c")));
        assertRefused(
                Reason.CANNOT, () -> mailboxes.rename(account, name("a"), name("z".repeat(MailboxName.MAX_LENGTH))));
        assertThat(names()).containsExactly("a", "a/b", "c/b");
    }

    /** RFC 3501 §6.3.5: the messages move, and INBOX is empty and stays; what lies below it stays too. */
    @Test
    void renamingInboxMovesItsMessages() throws Exception {
        mailboxes.create(account, name("INBOX/below"), Set.of());
        TestMail.append(ONE, account, TestMail.text(1), Flag.Standard.SEEN, new Flag.Keyword("Work"));
        TestMail.append(ONE, account, TestMail.text(2));
        Mailbox before = TestMail.inbox(ONE, account);
        mailboxes.rename(account, MailboxName.INBOX, name("old/mail"));
        assertThat(names()).containsExactly("INBOX/below", "old", "old/mail");
        Mailbox after = TestMail.inbox(ONE, account);
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.counters().messages()).isZero();
        assertThat(after.uidNext()).isEqualTo(before.uidNext());
        MailboxId old = TestMail.mailbox(ONE, account, "old/mail").id();
        Snapshot moved = TestMail.snapshot(ONE, old);
        assertThat(moved.uids()).isEqualTo(UidSet.range(1, 2));
        assertThat(moved.with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
        assertThat(moved.with(new Flag.Keyword("Work"))).isEqualTo(UidSet.of(1));
        assertThat(TestMail.body(ONE, old, 2)).asString().isEqualTo(TestMail.text(2));
    }

    /** Rule 10: prefixes are compared as they are, never as patterns. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "100%",
                "%",
                "_",
                "a_b",
                "*",
                "with space",
                " ",
                "quo\"te",
                "apo'strophe",
                "back\\slash",
                "\\%",
                "Ünïcödé",
                "日本語",
                "😀",
                "x\u0301",
                "(1){2}[3]",
                "ÀB",
                "a.b",
                "~",
                "&"
            })
    void takesEveryName(String odd) throws Exception {
        mailboxes.create(account, name(odd + "/child%/_x"), Set.of());
        mailboxes.create(account, name("zzzz/child"), Set.of());
        mailboxes.create(account, name("a-b/child"), Set.of());
        mailboxes.create(account, name(odd + odd + "/child"), Set.of());
        assertThat(TestMail.appendMany(ONE, account, name(odd), 1)).isEqualTo(UidSet.of(1));
        mailboxes.rename(account, name(odd), name("New/" + odd));
        assertThat(names())
                .containsExactlyInAnyOrder(
                        "New",
                        "New/" + odd,
                        "New/" + odd + "/child%",
                        "New/" + odd + "/child%/_x",
                        "zzzz",
                        "zzzz/child",
                        "a-b",
                        "a-b/child",
                        odd + odd,
                        odd + odd + "/child");
        assertThat(TestMail.mailbox(ONE, account, "New/" + odd).counters().messages())
                .isEqualTo(1);
        mailboxes.subscribe(account, name(odd));
        assertThat(mailboxes.subscriptions(account)).contains(name(odd));
        assertThat(mailboxes.unsubscribe(account, name(odd))).isTrue();
        mailboxes.delete(account, name("New/" + odd));
        assertThat(mailboxes.find(account, name("New/" + odd))).isEmpty();
    }

    /** Letter case matters below INBOX's level, and everywhere but in INBOX. */
    @Test
    void tellsNamesApartByCase() {
        mailboxes.create(account, name("Work"), Set.of());
        mailboxes.create(account, name("work"), Set.of());
        mailboxes.create(account, name("inbox/A"), Set.of());
        mailboxes.create(account, name("INBOX/a"), Set.of());
        assertThat(names()).containsExactly("INBOX/A", "INBOX/a", "Work", "work");
    }

    /**
     * Rule 8: an APPEND that waits for a mailbox which another session renames meanwhile, giving its name to another one,
     * finds that one.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void appendFindsWhoHasTheNameAfterTheWait(int messages) throws Exception {
        mailboxes.create(account, name("target"), Set.of());
        mailboxes.create(account, name("successor"), Set.of());
        MailboxId successor = TestMail.mailbox(ONE, account, "successor").id();
        try (var renaming = new Sql(CONFIG);
                var watching = new Sql(CONFIG)) {
            renaming.begin();
            String rename = "UPDATE mailbox SET name = ? WHERE account_id = ? AND name = ?";
            renaming.execute(rename, "old", account.value(), "target");
            renaming.execute(rename, "target", account.value(), "successor");
            Future<UidSet> append = Race.start(() -> TestMail.appendMany(ONE, account, name("target"), messages));
            watching.awaitWaiting(1);
            renaming.commit();
            assertThat(Race.result(append).size()).isEqualTo(messages);
        }
        assertThat(TestMail.snapshot(ONE, successor).uids().size()).isEqualTo(messages);
        assertThat(TestMail.mailbox(ONE, account, "old").counters().messages()).isZero();
    }

    /** No child appears under a name that is being renamed: CREATE waits, and then makes the parent anew. */
    @Test
    void createWaitsForARenameOfTheParent() throws Exception {
        mailboxes.create(account, name("a/b"), Set.of());
        MailboxId child = TestMail.mailbox(ONE, account, "a/b").id();
        try (var holding = new Sql(CONFIG);
                var watching = new Sql(CONFIG)) {
            holding.begin();
            holding.execute("SELECT 1 FROM mailbox WHERE mailbox_id = ? FOR UPDATE", child.value());
            Future<Boolean> rename = Race.start(() -> {
                ONE.mailboxes().rename(account, name("a"), name("x"));
                return true;
            });
            watching.awaitWaiting(1);
            Future<Map<MailboxName, MailboxId>> create =
                    Race.start(() -> OTHER.mailboxes().create(account, name("a/new"), Set.of()));
            watching.await(
                    "(SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock') = 2"
                            + " OR EXISTS (SELECT FROM mailbox WHERE account_id = ? AND name = 'a/new')",
                    account.value());
            holding.commit();
            Race.result(rename);
            Race.result(create);
        }
        assertThat(names()).containsExactly("a", "a/new", "x", "x/b");
    }

    /** Whatever happens to the name, each message is acknowledged in the mailbox it is in, and in no other. */
    @Test
    void appendsWhileTheMailboxIsDeletedRenamedAndMadeAnew() throws Exception {
        var changing = new AtomicBoolean(true);
        var acknowledged = new ArrayList<Appended>();
        mailboxes.create(account, name("busy"), Set.of());
        Race.lanes(5, lane -> {
            if (lane == 0) {
                try {
                    for (int i = 0; i < 12; i++) {
                        mailboxes.rename(account, name("busy"), name("kept" + i));
                        mailboxes.create(account, name("busy"), Set.of());
                        mailboxes.delete(account, name("busy"));
                        mailboxes.create(account, name("busy/child"), Set.of());
                    }
                } finally {
                    changing.set(false);
                }
                return;
            }
            Storage pod = lane % 2 == 0 ? ONE : OTHER;
            while (changing.get()) {
                try {
                    Appended appended = pod.messages()
                            .append(
                                    account,
                                    name("busy"),
                                    List.of(TestMail.message(TestMail.text(lane), Flag.Standard.SEEN)),
                                    Account.Quota.NONE);
                    synchronized (acknowledged) {
                        acknowledged.add(appended);
                    }
                } catch (StorageException refused) {
                    assertThat(refused.reason()).isEqualTo(Reason.NOT_FOUND);
                }
            }
        });
        assertThat(acknowledged).doesNotHaveDuplicates();
        try (var sql = new Sql(CONFIG)) {
            assertThat(sql.number("SELECT count(*) FROM message WHERE account_id = ?", account.value()))
                    .isEqualTo(acknowledged.size());
            for (Appended each : acknowledged) {
                assertThat(sql.number(
                                "SELECT uid_validity FROM message JOIN mailbox USING (account_id, mailbox_id)"
                                        + " WHERE account_id = ? AND mailbox_id = ? AND uid = ?",
                                account.value(),
                                each.mailbox().value(),
                                each.uids().first()))
                        .isEqualTo(each.validity().value());
            }
        }
    }

    /** Rule 11: of two sessions that are told of new messages at once, only one gets them as recent. */
    @Test
    void recentGoesToOneSession() throws Exception {
        MailboxId inbox = TestMail.inbox(ONE, account).id();
        for (int round = 0; round < 15; round++) {
            TestMail.appendMany(ONE, account, MailboxName.INBOX, 3);
            Mailbox before = TestMail.inbox(ONE, account);
            assertThat(before.counters().recentUid()).isEqualTo(before.uidNext() - 3);
            long next = before.uidNext();
            List<Long> recent = Race.all(List.of(() -> ONE.mailboxes().claimRecent(inbox, next), () -> OTHER.mailboxes()
                    .claimRecent(inbox, next)));
            assertThat(recent).containsExactlyInAnyOrder(next - 3, next);
            Mailbox after = TestMail.inbox(ONE, account);
            assertThat(after.highestModSeq()).isEqualTo(before.highestModSeq());
            assertThat(after.counters().recentUid()).isEqualTo(next);
            assertThat(ONE.mailboxes().claimRecent(inbox, next - 1)).isEqualTo(next - 1);
        }
        assertThat(ONE.snapshots()
                        .between(
                                inbox,
                                TestMail.snapshot(ONE, inbox).modSeq(),
                                TestMail.snapshot(ONE, inbox).modSeq())
                        .orElseThrow())
                .isEmpty();
    }
}
