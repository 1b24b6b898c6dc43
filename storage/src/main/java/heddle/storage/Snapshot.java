package heddle.storage;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * A mailbox at one modseq: which UIDs there are, one set per flag and keyword and, once somebody has asked, the modseq of
 * each message. Immutable and shared by all sessions of this pod (DESIGN §5).
 */
public final class Snapshot {
    private final MailboxId mailbox;
    private final UidValidity validity;
    private final ModSeq modSeq;
    private final UidSet uids;
    private final UidSet[] standard;
    private final List<Flag.Keyword> keywords;
    private final UidSet[] keyworded;
    private final @Nullable ModSeqs modSeqs;

    private Snapshot(
            MailboxId mailbox,
            UidValidity validity,
            ModSeq modSeq,
            UidSet uids,
            UidSet[] standard,
            List<Flag.Keyword> keywords,
            UidSet[] keyworded,
            @Nullable ModSeqs modSeqs) {
        this.mailbox = mailbox;
        this.validity = validity;
        this.modSeq = modSeq;
        this.uids = uids;
        this.standard = standard;
        this.keywords = List.copyOf(keywords);
        this.keyworded = keyworded;
        this.modSeqs = modSeqs;
    }

    public MailboxId mailbox() {
        return mailbox;
    }

    public UidValidity validity() {
        return validity;
    }

    public ModSeq modSeq() {
        return modSeq;
    }

    /** {@return the messages that are not expunged} */
    public UidSet uids() {
        return uids;
    }

    /** {@return the keywords that the mailbox has ever seen, by number} */
    public List<Flag.Keyword> keywords() {
        return keywords;
    }

    /** {@return the messages that carry this flag} */
    public UidSet with(Flag flag) {
        return switch (flag) {
            case Flag.Standard one -> standard[Integer.numberOfTrailingZeros(one.bit())];
            case Flag.Keyword keyword -> {
                int number = keywords.indexOf(keyword);
                yield number < 0 ? UidSet.EMPTY : keyworded[number];
            }
        };
    }

    /** {@return the messages that carry the keyword of this number} */
    public UidSet withKeyword(int number) {
        return number < keyworded.length ? keyworded[number] : UidSet.EMPTY;
    }

    /**
     * {@return the modseq of each message}
     *
     * @throws IllegalStateException when {@link Snapshots#withModSeqs} was not asked
     */
    public ModSeqs modSeqs() {
        if (modSeqs == null) {
            throw new IllegalStateException("a snapshot without modseqs");
        }
        return modSeqs;
    }

    boolean hasModSeqs() {
        return modSeqs != null;
    }

    /** {@return the same with the modseqs of its messages} */
    Snapshot with(ModSeqs known) {
        return new Snapshot(mailbox, validity, modSeq, uids, standard, keywords, keyworded, known);
    }

    /** {@return roughly the bytes it takes} */
    int weight() {
        long bytes = 200 + uids.bits().getLongSizeInBytes() + (modSeqs == null ? 0 : modSeqs.weight());
        for (UidSet set : standard) {
            bytes += 50 + set.bits().getLongSizeInBytes();
        }
        for (UidSet set : keyworded) {
            bytes += 100 + set.bits().getLongSizeInBytes();
        }
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    /**
     * {@return the mailbox after this change; empty when the change does not tell all there is to know: flags of arrivals
     * that differ, a keyword that is not known here}
     */
    Optional<Snapshot> after(Change change) {
        for (int number : change.keywords()) {
            if (number >= keywords.size()) {
                return Optional.empty();
            }
        }
        UidSet touched = change.uids();
        return switch (change.kind()) {
            case ARRIVED_WITH_VARIOUS_FLAGS -> Optional.empty();
            case ARRIVED -> Optional.of(withArrivals(change, change.flags(), change.keywords()));
            case FLAGS_ADDED -> Optional.of(with(change, uids, touched, true, false));
            case FLAGS_REMOVED -> Optional.of(with(change, uids, touched, false, false));
            case FLAGS_REPLACED -> Optional.of(with(change, uids, touched, true, true));
            case EXPUNGED -> Optional.of(without(change));
        };
    }

    /** {@return the mailbox with these arrivals, all with these flags} */
    Snapshot withArrivals(Change change, int flags, int[] numbers) {
        Change alike = new Change(change.modSeq(), Change.Kind.ARRIVED, change.uids(), flags, numbers);
        return with(alike, uids.or(change.uids()), change.uids(), true, true);
    }

    private Snapshot with(Change change, UidSet all, UidSet touched, boolean named, boolean alsoOthers) {
        UidSet[] flags = standard.clone();
        for (int i = 0; i < flags.length; i++) {
            flags[i] = changed(flags[i], touched, (change.flags() >> i & 1) != 0, named, alsoOthers);
        }
        UidSet[] words = keyworded.clone();
        for (int number = 0; number < words.length; number++) {
            boolean isNamed = Arrays.binarySearch(change.keywords(), number) >= 0;
            words[number] = changed(words[number], touched, isNamed, named, alsoOthers);
        }
        return new Snapshot(mailbox, validity, change.modSeq(), all, flags, keywords, words, modSeqsAfter(change));
    }

    /** A named flag is set or cleared; {@code alsoOthers} clears those that are not named. */
    private static UidSet changed(UidSet set, UidSet touched, boolean isNamed, boolean named, boolean alsoOthers) {
        if (isNamed) {
            return named ? set.or(touched) : set.andNot(touched);
        }
        return alsoOthers && set.intersects(touched) ? set.andNot(touched) : set;
    }

    private Snapshot without(Change change) {
        UidSet gone = change.uids();
        UidSet[] flags = standard.clone();
        for (int i = 0; i < flags.length; i++) {
            flags[i] = flags[i].andNot(gone);
        }
        UidSet[] words = keyworded.clone();
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].andNot(gone);
        }
        return new Snapshot(
                mailbox, validity, change.modSeq(), uids.andNot(gone), flags, keywords, words, modSeqsAfter(change));
    }

    private @Nullable ModSeqs modSeqsAfter(Change change) {
        return modSeqs == null ? null : modSeqs.after(change);
    }

    /** Collects a snapshot from rows. */
    static final class Builder {
        private final RoaringBitmap uids = new RoaringBitmap();
        private final RoaringBitmap[] standard = new RoaringBitmap[Flag.Standard.values().length];
        private final List<Flag.Keyword> keywords;
        private final RoaringBitmap[] keyworded;

        Builder(List<Flag.Keyword> keywords) {
            this.keywords = keywords;
            keyworded = new RoaringBitmap[keywords.size()];
            Arrays.setAll(standard, i -> new RoaringBitmap());
            Arrays.setAll(keyworded, i -> new RoaringBitmap());
        }

        /** Adds messages that all have these flags. */
        void add(UidSet messages, int flags, int[] numbers) {
            RoaringBitmap some = messages.bits();
            uids.or(some);
            for (int i = 0; i < standard.length; i++) {
                if ((flags >> i & 1) != 0) {
                    standard[i].or(some);
                }
            }
            for (int number : numbers) {
                if (number < keyworded.length) {
                    keyworded[number].or(some);
                }
            }
        }

        Snapshot build(MailboxId mailbox, UidValidity validity, ModSeq modSeq) {
            return new Snapshot(mailbox, validity, modSeq, set(uids), sets(standard), keywords, sets(keyworded), null);
        }

        private static UidSet[] sets(RoaringBitmap[] bits) {
            return Arrays.stream(bits).map(Builder::set).toArray(UidSet[]::new);
        }

        private static UidSet set(RoaringBitmap bits) {
            bits.runOptimize();
            return UidSet.of(bits);
        }
    }
}
