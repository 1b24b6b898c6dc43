package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * UIDs and modseqs become visible in the order of their numbers, on every pod (DESIGN §4 rule 1): whoever reads, while
 * many write, sees all numbers up to some one, and none above it.
 */
class VisibilityOrderTest {
    private static final int WRITERS = 6;
    private static final int CHANGES = 40;

    /** All in one statement, so of one moment: UIDs and modseqs that rows have, and those the mailbox says it gave. */
    private static final String LOOK = """
            SELECT b.uid_next - 1, m.uids, m.last_uid, b.highest_modseq - 1, c.changes, c.last_modseq - 1
              FROM mailbox b
              CROSS JOIN LATERAL (
                  SELECT count(*) AS uids, coalesce(max(uid), 0) AS last_uid
                    FROM message m WHERE m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id) m
              CROSS JOIN LATERAL (
                  SELECT count(*) AS changes, coalesce(max(modseq), 1) AS last_modseq
                    FROM change c WHERE c.account_id = b.account_id AND c.mailbox_id = b.mailbox_id) c
             WHERE b.account_id = ? AND b.mailbox_id = ?
            """;

    @Test
    void readersNeverSeeAGap() throws Exception {
        StorageConfig config = TestDatabase.create();
        long seed = System.nanoTime();
        try (Storage one = TestDatabase.open(config);
                Storage other = TestDatabase.open(config)) {
            AccountId account = TestMail.account(one);
            MailboxId inbox = TestMail.inbox(one, account).id();
            var working = new AtomicInteger(WRITERS);
            Race.lanes(WRITERS + 2, lane -> {
                if (lane < WRITERS) {
                    try {
                        write(lane % 2 == 0 ? one : other, inbox, new Random(seed + lane));
                    } finally {
                        working.decrementAndGet();
                    }
                } else {
                    read(config, inbox, working, seed);
                }
            });
        }
        Invariants.check(config);
    }

    private static void write(Storage pod, MailboxId inbox, Random random) throws Exception {
        for (int i = 0; i < CHANGES; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> TestMail.append(pod, inbox.account(), TestMail.text(i));
                case 2 ->
                    TestMail.append(
                            pod,
                            inbox.account(),
                            MailboxName.INBOX,
                            List.of(
                                    TestMail.message(TestMail.text(i), new Flag.Keyword("k" + random.nextInt(3))),
                                    TestMail.message(TestMail.text(-i), Flag.Standard.DELETED)));
                case 3 ->
                    pod.flagChanges()
                            .store(
                                    inbox,
                                    UidSet.range(1, 1 + random.nextInt(50)),
                                    FlagChanges.Mode.values()[random.nextInt(3)],
                                    Set.of(Flag.Standard.values()[random.nextInt(5)]));
                default -> pod.expunges().expunge(inbox, UidSet.range(1, 1 + random.nextInt(50)));
            }
        }
    }

    private static void read(StorageConfig config, MailboxId inbox, AtomicInteger working, long seed) throws Exception {
        try (var sql = new Sql(config)) {
            long before = 0;
            while (working.get() > 0) {
                var seen = sql.rows(LOOK, inbox.account().value(), inbox.value()).getFirst().stream()
                        .mapToLong(number -> Long.parseLong(String.valueOf(number)))
                        .toArray();
                assertThat(new long[] {seen[1], seen[2]})
                        .as("number of UIDs and last UID, seed %d", seed)
                        .containsOnly(seen[0]);
                assertThat(new long[] {seen[4], seen[5]})
                        .as("number of changes and last modseq, seed %d", seed)
                        .containsOnly(seen[3]);
                assertThat(seen[3]).as("modseqs only rise, seed %d", seed).isGreaterThanOrEqualTo(before);
                before = seen[3];
            }
        }
    }
}
