package heddle.protocol;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * An immutable set of UIDs, or of sequence numbers: 1 to 4,294,967,295, in ascending order (RFC 3501 §9
 * {@code uid-set}). A mailbox of a million messages costs kilobytes.
 */
public final class UidSet {
    public static final UidSet EMPTY = new UidSet(new RoaringBitmap());

    private final RoaringBitmap bits;

    private UidSet(RoaringBitmap bits) {
        this.bits = bits;
    }

    /** {@return a set over these bits, which the caller does not change any more} */
    public static UidSet of(RoaringBitmap bits) {
        return bits.isEmpty() ? EMPTY : new UidSet(bits);
    }

    /** {@return the set of one} */
    public static UidSet of(long uid) {
        return of(RoaringBitmap.bitmapOf((int) uid));
    }

    /** {@return all from {@code low} to {@code high}, both included; empty when {@code low > high}} */
    public static UidSet range(long low, long high) {
        return new Builder().addRange(low, high).build();
    }

    /** {@return the bits, which nobody may change} */
    public RoaringBitmap bits() {
        return bits;
    }

    public boolean isEmpty() {
        return bits.isEmpty();
    }

    public long size() {
        return bits.getLongCardinality();
    }

    public boolean contains(long uid) {
        return bits.contains((int) uid);
    }

    /** {@return the smallest; 0 when empty} */
    public long first() {
        return bits.isEmpty() ? 0 : Integer.toUnsignedLong(bits.first());
    }

    /** {@return the largest; 0 when empty} */
    public long last() {
        return bits.isEmpty() ? 0 : Integer.toUnsignedLong(bits.last());
    }

    /** {@return how many are at most {@code uid}: the sequence number of a UID that is in the view} */
    public long rank(long uid) {
        return bits.rankLong((int) uid);
    }

    /**
     * {@return the {@code position}-th from below: the UID behind a sequence number}
     *
     * @param position from 1 to {@link #size()}
     */
    public long select(long position) {
        return Integer.toUnsignedLong(bits.select((int) (position - 1)));
    }

    public UidSet and(UidSet other) {
        return of(RoaringBitmap.and(bits, other.bits));
    }

    public UidSet or(UidSet other) {
        return of(RoaringBitmap.or(bits, other.bits));
    }

    public UidSet andNot(UidSet other) {
        return of(RoaringBitmap.andNot(bits, other.bits));
    }

    /** {@return what is in any of these sets} */
    public static UidSet union(List<UidSet> sets) {
        return switch (sets.size()) {
            case 0 -> EMPTY;
            case 1 -> sets.getFirst();
            default -> of(RoaringBitmap.or(sets.stream().map(set -> set.bits).iterator()));
        };
    }

    public boolean intersects(UidSet other) {
        return RoaringBitmap.intersects(bits, other.bits);
    }

    /** {@return those that are at least {@code low} and at most {@code high}} */
    public UidSet between(long low, long high) {
        return and(range(Math.max(low, first()), Math.min(high, last())));
    }

    /** Calls {@code action} with each, in ascending order. */
    public void forEach(LongConsumer action) {
        for (IntIterator each = bits.getIntIterator(); each.hasNext(); ) {
            action.accept(Integer.toUnsignedLong(each.next()));
        }
    }

    /** {@return all, ascending; for whole batches, where an object for each would be waste} */
    public long[] toArray() {
        long[] all = new long[Math.toIntExact(size())];
        int i = 0;
        for (IntIterator each = bits.getIntIterator(); each.hasNext(); ) {
            all[i++] = Integer.toUnsignedLong(each.next());
        }
        return all;
    }

    /** Takes each maximal run of neighbours. */
    @FunctionalInterface
    public interface RunConsumer {
        void accept(long low, long high);
    }

    /** Calls {@code action} with each maximal run {@code low:high}, ascending. */
    public void forEachRun(RunConsumer action) {
        PeekableIntIterator each = bits.getIntIterator();
        if (!each.hasNext()) {
            return;
        }
        long low = Integer.toUnsignedLong(each.next());
        long high = low;
        while (each.hasNext()) {
            long next = Integer.toUnsignedLong(each.next());
            if (next != high + 1) {
                action.accept(low, high);
                low = next;
            }
            high = next;
        }
        action.accept(low, high);
    }

    /** {@return as the wire has it: {@code 1,3:5}; empty text for an empty set} */
    @Override
    public String toString() {
        var text = new StringBuilder();
        forEachRun((low, high) -> {
            if (!text.isEmpty()) {
                text.append(',');
            }
            text.append(low);
            if (high > low) {
                text.append(':').append(high);
            }
        });
        return text.toString();
    }

    /** {@return the portable Roaring form, for storage} */
    public byte[] toBytes() {
        RoaringBitmap packed = bits.clone();
        packed.runOptimize();
        var bytes = new ByteArrayOutputStream(packed.serializedSizeInBytes());
        try {
            packed.serialize(new DataOutputStream(bytes));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** {@return what {@link #toBytes()} wrote} */
    public static UidSet fromBytes(byte[] bytes) {
        var bits = new RoaringBitmap();
        try {
            bits.deserialize(new DataInputStream(new ByteArrayInputStream(bytes)));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        return of(bits);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof UidSet set && bits.equals(set.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    /** Collects a set. Ranges that overlap, however many, cost no more than what they cover. */
    public static final class Builder {
        private record Run(long low, long high) {}

        private final RoaringBitmap bits = new RoaringBitmap();
        private final List<Run> runs = new ArrayList<>();

        public Builder add(long uid) {
            bits.add((int) uid);
            return this;
        }

        /** Adds all from {@code low} to {@code high}, both included; nothing when {@code low > high}. */
        public Builder addRange(long low, long high) {
            if (low <= high) {
                runs.add(new Run(low, high));
            }
            return this;
        }

        /** {@return what was added; the builder is not used again} */
        public UidSet build() {
            runs.sort(Comparator.comparingLong(Run::low));
            long next = 0;
            for (Run run : runs) {
                long low = Math.max(next, run.low);
                if (low <= run.high) {
                    bits.add(low, run.high + 1);
                    next = run.high + 1;
                }
            }
            bits.runOptimize();
            return of(bits);
        }
    }
}
