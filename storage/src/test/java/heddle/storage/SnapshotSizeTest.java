package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How much of the cache a mailbox of a million messages takes (DESIGN §5). */
class SnapshotSizeTest {
    private static final int MESSAGES = 1_000_000;
    private static final int LARGEST = 16_000_000;

    /** A tenth of all UIDs are gone; every message has two flags or keywords, whichever. */
    private static Snapshot ofAMillion() {
        var random = new Random(1);
        var sets = new UidSet.Builder[8][8];
        for (UidSet.Builder[] row : sets) {
            for (int i = 0; i < row.length; i++) {
                row[i] = new UidSet.Builder();
            }
        }
        long uid = 0;
        for (int i = 0; i < MESSAGES; i++) {
            uid += random.nextInt(10) == 0 ? 2 : 1;
            sets[random.nextInt(8)][random.nextInt(8)].add(uid);
        }
        var snapshot = new Snapshot.Builder(List.of(
                new Flag.Keyword("k0"),
                new Flag.Keyword("k1"),
                new Flag.Keyword("k2"),
                new Flag.Keyword("k3"),
                new Flag.Keyword("k4"),
                new Flag.Keyword("k5"),
                new Flag.Keyword("k6"),
                new Flag.Keyword("k7")));
        for (int flag = 0; flag < 8; flag++) {
            for (int keyword = 0; keyword < 8; keyword++) {
                snapshot.add(sets[flag][keyword].build(), 1 << flag % 5, new int[] {keyword});
            }
        }
        return snapshot.build(new MailboxId(new AccountId(1), 1), new UidValidity(1), new ModSeq(MESSAGES));
    }

    @Test
    void aMillionMessagesAreSmall() {
        Snapshot snapshot = ofAMillion();
        assertThat(snapshot.uids().size()).isEqualTo(MESSAGES);
        assertThat(snapshot.weight()).isLessThan(LARGEST);
    }

    /** Once a client has asked for modseqs, as all do that speak QRESYNC, they are there too. */
    @Test
    void theirModSeqsFitToo() {
        Snapshot plain = ofAMillion();
        var random = new Random(2);
        var modSeqs = new ModSeqs.Builder();
        plain.uids().forEach(uid -> modSeqs.add(uid, 1 + random.nextInt(MESSAGES)));
        assertThat(plain.with(modSeqs.build()).weight()).isLessThan(LARGEST);
    }
}
