package heddle.protocol;

import java.util.List;

/**
 * What a client writes to name messages, by sequence number or by UID: {@code 1,3:5,7:*} (RFC 3501 §9
 * {@code sequence-set}), or {@code $} (RFC 5182).
 */
public record SequenceSet(List<Range> ranges) {
    /** Stands for {@code *}, the largest number in use. */
    public static final long LARGEST = Long.MAX_VALUE;

    /** {@code $}: the messages that the last SEARCH has saved (RFC 5182 §2.1). */
    public static final SequenceSet SAVED = new SequenceSet(List.of(new Range(0, 0)));

    /** One range; the two ends may come in either order, and either may be {@link #LARGEST}. */
    public record Range(long from, long to) {}

    /** @throws IllegalArgumentException when there is no range */
    public SequenceSet {
        ranges = List.copyOf(ranges);
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException("empty sequence set");
        }
    }

    /** Whether this is {@link #SAVED}, of which only the session knows what it stands for. */
    public boolean isSaved() {
        return equals(SAVED);
    }

    /**
     * {@return the sequence numbers named}
     *
     * @param exists how many messages there are; {@code *} stands for it
     * @throws IllegalArgumentException with words for the client, when a number is larger than {@code exists}
     */
    public UidSet numbers(long exists) {
        for (Range range : ranges) {
            if (exists == 0 || exceeds(range.from, exists) || exceeds(range.to, exists)) {
                throw new IllegalArgumentException("there is no message with such a sequence number");
            }
        }
        return resolve(1, exists);
    }

    /** {@return the members of {@code view} that these UIDs name; {@code *} stands for its largest} */
    public UidSet uids(UidSet view) {
        return view.isEmpty() ? view : resolve(view.first(), view.last()).and(view);
    }

    /** {@return the UIDs up to {@code largest} that are named, whether there are such messages or not; {@code *} is that one} */
    public UidSet uidsUpTo(long largest) {
        return resolve(1, largest);
    }

    private static boolean exceeds(long number, long exists) {
        return number != LARGEST && number > exists;
    }

    private UidSet resolve(long smallest, long largest) {
        var resolved = new UidSet.Builder();
        for (Range range : ranges) {
            long from = range.from == LARGEST ? largest : range.from;
            long to = range.to == LARGEST ? largest : range.to;
            resolved.addRange(Math.max(smallest, Math.min(from, to)), Math.min(largest, Math.max(from, to)));
        }
        return resolved.build();
    }
}
