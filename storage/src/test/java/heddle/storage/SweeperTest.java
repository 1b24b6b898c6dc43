package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.storage.StorageConfig.Retention;
import heddle.storage.StorageException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What nobody can see goes, and nothing else, whoever writes at the same time (DESIGN §4 rule 3). */
class SweeperTest {
    private static final Retention AT_ONCE = new Retention(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(1));

    @Test
    void takesNothingFromUnderAppendAndCopy() throws Exception {
        StorageConfig config = TestDatabase.create();
        long seed = System.nanoTime();
        int writers = 4;
        try (Storage storage = TestDatabase.open(config);
                Storage sweeping = TestDatabase.open(Invariants.keeping(config, AT_ONCE))) {
            AccountId account = TestMail.account(storage);
            MailboxId inbox = TestMail.inbox(storage, account).id();
            Mailbox trash = TestMail.mailbox(storage, account, "Trash");
            var working = new AtomicInteger(writers);
            Race.lanes(writers + 2, lane -> {
                if (lane >= writers) {
                    while (working.get() > 0) {
                        sweeping.sweeper().sweep();
                    }
                    return;
                }
                var random = new Random(seed + lane);
                try {
                    for (int i = 0; i < 30; i++) {
                        write(storage, inbox, trash, random);
                    }
                } finally {
                    working.decrementAndGet();
                }
            });
            Invariants.check(config);
            for (MailboxId mailbox : List.of(inbox, trash.id())) {
                for (long uid : TestMail.snapshot(sweeping, mailbox).uids().toArray()) {
                    assertThat(TestMail.body(sweeping, mailbox, uid))
                            .as("uid %d, seed %d", uid, seed)
                            .asString()
                            .startsWith("Subject: number");
                }
            }
        }
        Invariants.checkSwept(config);
    }

    private static void write(Storage storage, MailboxId inbox, Mailbox trash, Random random) throws Exception {
        UidSet some = UidSet.of(1 + random.nextInt(60));
        switch (random.nextInt(5)) {
            case 0 -> TestMail.append(storage, inbox.account(), TestMail.text(1), Flag.Standard.DELETED);
            case 1 ->
                TestMail.append(
                        storage, inbox.account(), TestMail.text(2) + "x".repeat(300 << 10), Flag.Standard.DELETED);
            case 2 -> {
                try {
                    storage.copies().copy(inbox, trash, some, Account.Quota.NONE);
                } catch (StorageException swept) {
                    assertThat(swept.reason()).isEqualTo(Reason.EXPUNGED);
                }
            }
            case 3 -> storage.copies().move(inbox, trash, some);
            default -> storage.expunges().expunge(inbox, UidSet.range(1, 1 + random.nextInt(60)));
        }
    }

    /** Content and message become visible together: what is committed is never without a name. */
    @Test
    void findsNoContentWithoutMessageWhileAppending() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage storage = TestDatabase.open(config);
                var sql = new Sql(config)) {
            AccountId account = TestMail.account(storage);
            var working = new AtomicInteger(1);
            Race.lanes(2, lane -> {
                if (lane == 0) {
                    try {
                        for (int i = 0; i < 25; i++) {
                            TestMail.append(storage, account, TestMail.text(i) + "x".repeat(i % 3 * (200 << 10)));
                        }
                    } finally {
                        working.set(0);
                    }
                    return;
                }
                while (working.get() > 0) {
                    assertThat(sql.number("""
                                    SELECT count(*)
                                      FROM content c
                                      FULL JOIN message m USING (account_id, content_id)
                                      LEFT JOIN body b USING (account_id, content_id)
                                     WHERE c.content_id IS NULL OR m.content_id IS NULL OR b.content_id IS NULL
                                    """)).isZero();
                }
            });
        }
        Invariants.checkSwept(config);
    }

    @Test
    void keepsAContentAsLongAsOneCopyIsThere() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage storage = TestDatabase.open(Invariants.keeping(config, AT_ONCE));
                var sql = new Sql(config)) {
            AccountId account = TestMail.account(storage);
            MailboxId inbox = TestMail.inbox(storage, account).id();
            storage.mailboxes().create(account, new MailboxName("second"), Set.of());
            Mailbox second = TestMail.mailbox(storage, account, "second");
            TestMail.append(storage, account, TestMail.text(1), Flag.Standard.DELETED);
            storage.copies().copy(inbox, second, UidSet.of(1), Account.Quota.NONE);
            storage.expunges().expunge(inbox, UidSet.of(1));
            storage.sweeper().sweep();
            assertThat(TestMail.body(storage, second.id(), 1)).asString().isEqualTo(TestMail.text(1));
            assertThat(sql.number("SELECT count(*) FROM message")).isEqualTo(1);
            storage.mailboxes().delete(account, second.name());
            storage.sweeper().sweep();
            for (String table : List.of("message", "content", "body", "orphan")) {
                assertThat(sql.number("SELECT count(*) FROM " + table))
                        .as(table)
                        .isZero();
            }
        }
    }

    /** More than one transaction takes, and what is still kept stays. */
    @Test
    void sweepsInBatches() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (Storage storage = TestDatabase.open(config)) {
            AccountId account = TestMail.account(storage);
            MailboxId inbox = TestMail.inbox(storage, account).id();
            TestMail.append(storage, account, TestMail.text(1), Flag.Standard.DELETED);
            for (long have = 1; have < 2048; have *= 2) {
                storage.copies()
                        .copy(inbox, TestMail.inbox(storage, account), UidSet.range(1, have), Account.Quota.NONE);
            }
            storage.expunges().expunge(inbox, UidSet.range(1, 2047));
            storage.sweeper().sweep(); // they are kept for half an hour
            assertThat(storage.fetches().read(inbox, UidSet.range(1, 100), Set.of()))
                    .hasSize(100);
        }
        Invariants.checkSwept(config);
        try (var sql = new Sql(config)) {
            assertThat(sql.number("SELECT count(*) FROM message")).isEqualTo(1);
            assertThat(sql.number("SELECT count(*) FROM content")).isEqualTo(1);
        }
    }
}
