package heddle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.SequenceSet.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@link UidSet} and {@link SequenceSet} against sets that anybody understands. */
class SetsTest {
    private static final long MAX = 4_294_967_295L;

    private static NavigableSet<Long> some(Random random) {
        var set = new TreeSet<Long>();
        long largest = random.nextBoolean() ? 60 : MAX;
        for (int i = random.nextInt(30); i > 0; i--) {
            long low = random.nextLong(1, largest + 1);
            for (long each = low; each <= Math.min(MAX, low + random.nextInt(5)); each++) {
                set.add(each);
            }
        }
        return set;
    }

    private static UidSet uidSet(Set<Long> set) {
        var builder = new UidSet.Builder();
        set.forEach(builder::add);
        return builder.build();
    }

    private static List<Long> members(UidSet set) {
        var members = new ArrayList<Long>();
        set.forEach(members::add);
        return members;
    }

    @Test
    void aUidSetIsASet() {
        for (int seed = 0; seed < 1_000; seed++) {
            var random = new Random(seed);
            NavigableSet<Long> a = some(random);
            NavigableSet<Long> b = some(random);
            UidSet left = uidSet(a);
            UidSet right = uidSet(b);
            var and = new TreeSet<>(a);
            and.retainAll(b);
            var or = new TreeSet<>(a);
            or.addAll(b);
            var andNot = new TreeSet<>(a);
            andNot.removeAll(b);
            assertThat(members(left)).as("seed %d", seed).isEqualTo(List.copyOf(a));
            assertThat(members(left.and(right))).as("seed %d", seed).isEqualTo(List.copyOf(and));
            assertThat(members(left.or(right))).as("seed %d", seed).isEqualTo(List.copyOf(or));
            assertThat(members(left.andNot(right))).as("seed %d", seed).isEqualTo(List.copyOf(andNot));
            assertThat(left.intersects(right)).as("seed %d", seed).isEqualTo(!and.isEmpty());
            assertThat(left.size()).isEqualTo(a.size());
            assertThat(left.first()).isEqualTo(a.isEmpty() ? 0 : a.first());
            assertThat(left.last()).isEqualTo(a.isEmpty() ? 0 : a.last());
            assertThat(UidSet.fromBytes(left.toBytes())).isEqualTo(left).hasSameHashCodeAs(left);
            int position = 0;
            for (long member : a) {
                position++;
                assertThat(left.contains(member)).isTrue();
                assertThat(left.rank(member)).as("seed %d", seed).isEqualTo(position);
                assertThat(left.select(position)).as("seed %d", seed).isEqualTo(member);
            }
        }
    }

    /** A client may name everything thousands of times; that is one range. */
    @Test
    void aUidSetMergesRangesThatOverlap() {
        var overlapping = new UidSet.Builder();
        for (int i = 0; i < 100_000; i++) {
            overlapping.addRange(1 + i % 7, Uid.MAX - i % 3);
        }
        assertThat(overlapping.build()).isEqualTo(UidSet.range(1, Uid.MAX));
        UidSet mixed = new UidSet.Builder()
                .addRange(20, 30)
                .add(4)
                .addRange(5, 9)
                .addRange(25, 27)
                .addRange(9, 10)
                .addRange(40, 39)
                .build();
        assertThat(mixed).hasToString("4:10,20:30");
    }

    @Test
    void aSequenceSetNamesMembersOfTheView() {
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            NavigableSet<Long> view = some(random);
            var ranges = new ArrayList<Range>();
            var expected = new TreeSet<Long>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                var range = new Range(end(random), end(random));
                ranges.add(range);
                if (!view.isEmpty()) {
                    long from = range.from() == SequenceSet.LARGEST ? view.last() : range.from();
                    long to = range.to() == SequenceSet.LARGEST ? view.last() : range.to();
                    expected.addAll(view.subSet(Math.min(from, to), true, Math.max(from, to), true));
                }
            }
            assertThat(members(new SequenceSet(ranges).uids(uidSet(view))))
                    .as("seed %d", seed)
                    .isEqualTo(List.copyOf(expected));
        }
    }

    private static long end(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> SequenceSet.LARGEST;
            case 1 -> random.nextLong(1, MAX + 1);
            default -> random.nextLong(1, 70);
        };
    }

    @Test
    void aSequenceSetKnowsHowManyMessagesThereAre() {
        var set = new SequenceSet(List.of(new Range(5, 3), new Range(SequenceSet.LARGEST, 9)));
        assertThat(set.numbers(10)).hasToString("3:5,9:10");
        assertThat(set.numbers(9)).hasToString("3:5,9");
        assertThatThrownBy(() -> set.numbers(8)).isInstanceOf(IllegalArgumentException.class);
        var last = new SequenceSet(List.of(new Range(SequenceSet.LARGEST, SequenceSet.LARGEST)));
        assertThat(last.numbers(3)).hasToString("3");
        assertThatThrownBy(() -> last.numbers(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
