package heddle.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessageSource;
import heddle.storage.Fetches.Detail;
import heddle.storage.StorageException.Reason;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** APPEND (RFC 3501 §6.3.11, RFC 3502): all or nothing, whatever the message is (DESIGN §4 rules 3 and 12). */
class MessagesTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);
    private static final int MEGABYTE = 1 << 20;

    private AccountId account;
    private Mailbox inbox;

    @BeforeEach
    void makeAccount() {
        account = TestMail.account(STORAGE);
        inbox = TestMail.inbox(STORAGE, account);
    }

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    private static void assertRefused(Reason reason, ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(StorageException.class, refused -> assertThat(refused.reason())
                        .isEqualTo(reason));
    }

    private void assertNothingIsStored() throws Exception {
        assertThat(TestMail.inbox(STORAGE, account)).isEqualTo(inbox);
        try (var sql = new Sql(CONFIG)) {
            for (String table : List.of("message", "content", "body", "change")) {
                assertThat(sql.number("SELECT count(*) FROM " + table + " WHERE account_id = ?", account.value()))
                        .as(table)
                        .isZero();
            }
        }
    }

    /** Rule 12: what a sender writes, no index and no text column chokes on. */
    static Stream<String> takesHostileHeaders() {
        String large = "x".repeat(MEGABYTE);
        return Stream.of(
                "Subject: " + large,
                "Message-ID: <" + large + "@example.org>",
                "References: " + "<0123456789@example.org>\r\n ".repeat(MEGABYTE / 26) + "<last@example.org>",
                "In-Reply-To: <" + large + ">",
                "To: " + "someone@example.org,\r\n ".repeat(MEGABYTE / 23) + "last@example.org",
                "From: \"" + large + "\" <a@b>",
                "Subject: a\0b\0",
                "Message-ID: <\0>",
                "Subject: =?utf-8?q?a=00b=ED=A0=80c?=",
                "Subject: \u00ff\u00fe\u00ed\u00a0\u0080",
                "Date: \0",
                "\0",
                large,
                "Content-Type: text/plain; charset=\"\0\"; x=" + large);
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource
    void takesHostileHeaders(String header) throws Exception {
        byte[] message = (header + "\r\n\r\nbody\0end\r\n").getBytes(ISO_8859_1);
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message(message)));
        assertThat(TestMail.body(STORAGE, inbox.id(), 1)).isEqualTo(message);
        MessageRow row = STORAGE.fetches()
                .read(inbox.id(), UidSet.of(1), EnumSet.allOf(Detail.class))
                .getFirst();
        for (Detail detail : List.of(Detail.ENVELOPE, Detail.BODY_STRUCTURE, Detail.BODY)) {
            try (InputStream whole = STORAGE.fetches().openLarge(account, row.contentId(), detail)) {
                assertThat(whole.readAllBytes())
                        .hasSize((int) STORAGE.fetches().largeLength(account, row.contentId(), detail));
            }
        }
    }

    /** Rule 12: UIDs end at 2^32-1; what does not fit is refused as a whole. */
    @Test
    void refusesWhenUidsAreUsedUp() throws Exception {
        try (var sql = new Sql(CONFIG)) {
            sql.execute(
                    "UPDATE mailbox SET uid_next = ? WHERE account_id = ? AND mailbox_id = ?",
                    Uid.MAX,
                    account.value(),
                    inbox.id().value());
        }
        assertRefused(Reason.LIMIT, () -> TestMail.appendMany(STORAGE, account, MailboxName.INBOX, 2));
        assertThat(TestMail.append(STORAGE, account, TestMail.text(1))).isEqualTo(Uid.MAX);
        Mailbox full = TestMail.inbox(STORAGE, account);
        assertRefused(Reason.LIMIT, () -> TestMail.append(STORAGE, account, TestMail.text(2)));
        assertRefused(
                Reason.LIMIT, () -> STORAGE.copies().copy(inbox.id(), full, UidSet.of(Uid.MAX), Account.Quota.NONE));
        assertRefused(Reason.LIMIT, () -> STORAGE.copies().move(inbox.id(), full, UidSet.of(Uid.MAX)));
        assertThat(TestMail.inbox(STORAGE, account)).isEqualTo(full);
        assertThat(TestMail.snapshot(STORAGE, inbox.id()).uids()).isEqualTo(UidSet.of(Uid.MAX));
    }

    @Test
    void refusesWhereNoMailboxIs() throws Exception {
        var nowhere = new MailboxName("nowhere");
        assertRefused(Reason.NOT_FOUND, () -> TestMail.appendMany(STORAGE, account, nowhere, 1));
        assertRefused(Reason.NOT_FOUND, () -> TestMail.appendMany(STORAGE, account, nowhere, 3));
        assertNothingIsStored();
    }

    @Test
    void refusesWhatIsOverTheQuota() throws Exception {
        var quota = new Account.Quota(OptionalLong.of(100));
        assertRefused(Reason.OVER_QUOTA, () -> STORAGE.messages()
                .append(
                        account,
                        MailboxName.INBOX,
                        List.of(TestMail.message("x".repeat(60)), TestMail.message("y".repeat(41))),
                        quota));
        assertNothingIsStored();
    }

    /** A message that breaks off is not stored, nor are those that came with it. */
    @ParameterizedTest
    @ValueSource(ints = {100, 300 << 10})
    void storesNothingWhenAMessageBreaksOff(int size) throws Exception {
        var broken = new NewMessage(new BreakingOff(size), Set.of(), null, new byte[0]);
        assertThatThrownBy(() -> TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(broken)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() ->
                        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message("a"), broken)))
                .isInstanceOf(IOException.class);
        assertNothingIsStored();
    }

    /** Can be read once, and fails half-way when it is read again. */
    private static final class BreakingOff implements MessageSource {
        private final int size;
        private int opened;

        BreakingOff(int size) {
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public InputStream open() {
            opened++;
            var whole = new ByteArrayInputStream(new byte[size]);
            if (opened % 2 == 1) {
                return whole;
            }
            return new FilterInputStream(whole) {
                @Override
                public int read(byte[] target, int offset, int length) throws IOException {
                    if (available() < size / 2) {
                        throw new IOException("broken off");
                    }
                    return super.read(target, offset, Math.min(length, size / 2 + 1));
                }
            };
        }
    }

    @Test
    void givesUidsInTheOrderOfTheMessages() throws Exception {
        List<NewMessage> messages = List.of(
                TestMail.message("one", Flag.Standard.SEEN, new Flag.Keyword("a")),
                TestMail.message("two"),
                TestMail.message("x".repeat(300 << 10), Flag.Standard.DELETED));
        assertThat(TestMail.append(STORAGE, account, MailboxName.INBOX, messages))
                .isEqualTo(UidSet.range(1, 3));
        assertThat(TestMail.body(STORAGE, inbox.id(), 2)).asString().isEqualTo("two");
        Mailbox after = TestMail.inbox(STORAGE, account);
        assertThat(after.highestModSeq().value())
                .isEqualTo(inbox.highestModSeq().value() + 1);
        assertThat(after.counters())
                .isEqualTo(new Mailbox.Counters(
                        3, 6 + (300 << 10), 2, 1, inbox.counters().recentUid(), 1));
    }
}
