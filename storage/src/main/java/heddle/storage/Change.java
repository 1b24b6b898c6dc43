package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;

/**
 * A row of the journal: what one command did to one mailbox. Changes are applied in the order of their modseqs; applying
 * one twice changes nothing.
 *
 * @param flags bits of {@link heddle.protocol.Flag.Standard}
 * @param keywords numbers of the mailbox's keywords, ascending
 */
public record Change(ModSeq modSeq, Kind kind, UidSet uids, int flags, int[] keywords) {
    private static final int[] NONE = {};

    /** What was done. The numbers are stored. */
    public enum Kind {
        /** Messages came, all with these flags. */
        ARRIVED(1),
        /** Messages came, with flags that their rows tell. */
        ARRIVED_WITH_VARIOUS_FLAGS(2),
        FLAGS_ADDED(3),
        FLAGS_REMOVED(4),
        FLAGS_REPLACED(5),
        EXPUNGED(6);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        static Kind of(int number) {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            throw new IllegalStateException("journal row of unknown kind " + number);
        }
    }

    public Change {
        keywords = keywords.length == 0 ? NONE : keywords.clone();
    }

    /** {@return a change that touches no keyword} */
    static Change of(ModSeq modSeq, Kind kind, UidSet uids, int flags) {
        return new Change(modSeq, kind, uids, flags, NONE);
    }

    /** {@return the keywords' numbers, which nobody may change} */
    @Override
    public int[] keywords() {
        return keywords;
    }
}
