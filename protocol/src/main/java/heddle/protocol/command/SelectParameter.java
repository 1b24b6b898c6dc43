package heddle.protocol.command;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a client says beside the name of a mailbox that it selects (RFC 4466 §2.1). */
public sealed interface SelectParameter {
    /** {@code CONDSTORE}: modseqs are told from now on (RFC 7162 §3.1.8). */
    record Condstore() implements SelectParameter {}

    /**
     * {@code QRESYNC}: the client has been here before, and wants to know what has changed (RFC 7162 §3.2.5).
     *
     * @param validity of the UIDs that it knows
     * @param since up to which it knows all changes
     * @param known the UIDs that it wants to hear of; null: all
     * @param matches null when it gives none
     */
    record Qresync(
            UidValidity validity,
            ModSeq since,
            @Nullable UidSet known,
            @Nullable Matches matches) implements SelectParameter {
        /** {@return those of the set that the client wants to hear of} */
        public UidSet wanted(UidSet uids) {
            return known == null ? uids : uids.and(known);
        }
    }

    /**
     * A sample of what the client knows: the n-th of {@code numbers} is the sequence number of the n-th of {@code uids}
     * (RFC 7162 §3.2.5.2).
     */
    record Matches(UidSet numbers, UidSet uids) {
        /** {@return the largest UID up to which the client knows all that is gone, by what is there; 0 when by none} */
        public long lastMatch(UidSet present) {
            long low = 0;
            long high = Math.min(numbers.rank(present.size()), uids.size());
            while (low < high) {
                long middle = (low + high + 1) / 2;
                if (present.select(numbers.select(middle)) == uids.select(middle)) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low == 0 ? 0 : uids.select(low);
        }
    }

    /** {@code select-param = "CONDSTORE" / "QRESYNC" SP "(" … ")"}. */
    static SelectParameter read(WireReader in) throws IOException {
        String name = in.word();
        return switch (name) {
            case "CONDSTORE" -> new Condstore();
            case "QRESYNC" -> qresync(in);
            default -> throw new SyntaxException("unknown SELECT parameter " + name);
        };
    }

    /** {@code SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"}. */
    private static Qresync qresync(WireReader in) throws IOException {
        in.space();
        in.expect('(');
        var validity = new UidValidity(in.nzNumber());
        in.space();
        ModSeq since = in.modSeq();
        @Nullable UidSet known = null;
        @Nullable Matches matches = null;
        boolean hasMore = in.take(' ');
        if (hasMore && !in.peek('(')) {
            known = in.uidSet();
            hasMore = in.take(' ');
        }
        if (hasMore) {
            matches = matches(in);
        }
        in.expect(')');
        return new Qresync(validity, since, known, matches);
    }

    /** {@code seq-match-data = "(" known-sequence-set SP known-uid-set ")"}. */
    private static Matches matches(WireReader in) throws IOException {
        in.expect('(');
        UidSet numbers = in.uidSet();
        in.space();
        UidSet uids = in.uidSet();
        in.expect(')');
        return new Matches(numbers, uids);
    }
}
