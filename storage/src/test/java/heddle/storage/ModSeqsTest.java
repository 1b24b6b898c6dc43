package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Pages of modseqs against a plain map; {@link SnapshotsTest} compares them with the rows. */
class ModSeqsTest {
    private static final long FAR = 4_294_000_000L;

    @Test
    void agreesWithAMap() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var expected = new TreeMap<Long, Long>();
        ModSeqs modSeqs = ModSeqs.NONE;
        for (long modSeq = 1; modSeq <= 300; modSeq++) {
            UidSet uids = some(random);
            boolean isExpunge = random.nextInt(4) == 0;
            Change.Kind kind = isExpunge ? Change.Kind.EXPUNGED : Change.Kind.FLAGS_ADDED;
            modSeqs = modSeqs.after(Change.of(new ModSeq(modSeq), kind, uids, 0));
            long now = modSeq;
            uids.forEach(uid -> {
                if (isExpunge) {
                    expected.remove(uid);
                } else {
                    expected.put(uid, now);
                }
            });
            assertSame(modSeqs, expected, new ModSeq(random.nextLong(modSeq + 1)), seed);
        }
    }

    private static UidSet some(Random random) {
        long low = (random.nextBoolean() ? 1 : FAR) + random.nextLong(4000);
        return UidSet.range(low, low + random.nextInt(random.nextBoolean() ? 5 : 3000));
    }

    private static void assertSame(ModSeqs modSeqs, Map<Long, Long> expected, ModSeq since, long seed) {
        var all = new UidSet.Builder();
        expected.keySet().forEach(all::add);
        UidSet uids = all.build();
        assertThat(modSeqs.uids()).as("seed %d", seed).isEqualTo(uids);
        var newer = new UidSet.Builder();
        expected.forEach((uid, modSeq) -> {
            assertThat(modSeqs.of(uid)).as("uid %d, seed %d", uid, seed).isEqualTo(modSeq);
            if (modSeq > since.value()) {
                newer.add(uid);
            }
        });
        ModSeqs some = modSeqs.since(since);
        assertThat(some.uids()).as("since %s, seed %d", since, seed).isEqualTo(newer.build());
        assertThat(modSeqs.of(FAR - 1)).isZero();
        long highest =
                expected.values().stream().mapToLong(Long::longValue).max().orElse(0);
        assertThat(modSeqs.highest(uids)).as("seed %d", seed).isEqualTo(highest);
    }
}
