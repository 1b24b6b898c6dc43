package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * The modseqs of messages (RFC 7162 §3.1): of a whole mailbox, or of those that have changed lately. Immutable; kept in
 * pages of neighbouring UIDs, of which a change copies only those it touches.
 */
public final class ModSeqs {
    public static final ModSeqs NONE = new ModSeqs(new Page[0]);

    private static final int PAGE_BITS = 10;

    private final Page[] pages;

    private ModSeqs(Page[] pages) {
        this.pages = pages;
    }

    /**
     * Neighbours: the UIDs whose upper bits are {@code number}.
     *
     * @param offsets their lower bits, ascending
     * @param modSeqs of each
     * @param highest of all
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
    private record Page(int number, char[] offsets, long[] modSeqs, long highest) {
        static Page of(int number, char[] offsets, long[] modSeqs) {
            return new Page(
                    number, offsets, modSeqs, Arrays.stream(modSeqs).max().orElse(0));
        }

        int uid(int at) {
            return number << PAGE_BITS | offsets[at];
        }

        /** {@return this page with another modseq for some messages, new ones among them} */
        Page with(char[] some, long modSeq) {
            char[] all = new char[offsets.length + some.length];
            long[] values = new long[all.length];
            int size = 0;
            int old = 0;
            for (char offset : some) {
                while (old < offsets.length && offsets[old] < offset) {
                    all[size] = offsets[old];
                    values[size++] = modSeqs[old++];
                }
                if (old < offsets.length && offsets[old] == offset) {
                    old++;
                }
                all[size] = offset;
                values[size++] = modSeq;
            }
            while (old < offsets.length) {
                all[size] = offsets[old];
                values[size++] = modSeqs[old++];
            }
            return of(number, Arrays.copyOf(all, size), Arrays.copyOf(values, size));
        }

        /** {@return this page without some messages; null when none is left} */
        @Nullable
        Page without(char[] some) {
            char[] all = new char[offsets.length];
            long[] values = new long[all.length];
            int size = 0;
            for (int i = 0; i < offsets.length; i++) {
                if (Arrays.binarySearch(some, offsets[i]) < 0) {
                    all[size] = offsets[i];
                    values[size++] = modSeqs[i];
                }
            }
            return size == 0 ? null : of(number, Arrays.copyOf(all, size), Arrays.copyOf(values, size));
        }
    }

    /** {@return the modseqs of the messages that these changes, in their order, have touched and left there} */
    public static ModSeqs of(List<Change> changes) {
        ModSeqs modSeqs = NONE;
        for (Change change : changes) {
            modSeqs = modSeqs.after(change);
        }
        return modSeqs;
    }

    /** {@return the modseq of this message; 0 when it is not among these} */
    public long of(long uid) {
        Page page = page((int) uid >>> PAGE_BITS);
        int at = page == null ? -1 : Arrays.binarySearch(page.offsets, offset((int) uid));
        return page == null || at < 0 ? 0 : page.modSeqs[at];
    }

    private @Nullable Page page(int number) {
        int low = 0;
        int high = pages.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (pages[middle].number == number) {
                return pages[middle];
            }
            if (pages[middle].number < number) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    private static char offset(int uid) {
        return (char) (uid & (1 << PAGE_BITS) - 1);
    }

    /** {@return the messages that these are of} */
    public UidSet uids() {
        return above(0);
    }

    private UidSet above(long modSeq) {
        var uids = new RoaringBitmap();
        for (Page page : pages) {
            for (int at = 0; page.highest > modSeq && at < page.offsets.length; at++) {
                if (page.modSeqs[at] > modSeq) {
                    uids.add(page.uid(at));
                }
            }
        }
        return UidSet.of(uids);
    }

    /** {@return those that have changed after {@code seen}} */
    public ModSeqs since(ModSeq seen) {
        var some = new Builder();
        for (Page page : pages) {
            for (int at = 0; page.highest > seen.value() && at < page.offsets.length; at++) {
                if (page.modSeqs[at] > seen.value()) {
                    some.add(Integer.toUnsignedLong(page.uid(at)), page.modSeqs[at]);
                }
            }
        }
        return some.build();
    }

    /** {@return the highest modseq of these messages; 0 when none of them is among these} */
    public long highest(UidSet uids) {
        long highest = 0;
        for (var each = uids.bits().getIntIterator(); each.hasNext(); ) {
            highest = Math.max(highest, of(Integer.toUnsignedLong(each.next())));
        }
        return highest;
    }

    /** {@return these after a change} */
    ModSeqs after(Change change) {
        long modSeq = change.modSeq().value();
        return switch (change.kind()) {
            case ARRIVED, ARRIVED_WITH_VARIOUS_FLAGS, FLAGS_ADDED, FLAGS_REMOVED, FLAGS_REPLACED ->
                edited(change.uids(), (page, some) -> page.with(some, modSeq));
            case EXPUNGED -> edited(change.uids(), Page::without);
        };
    }

    private ModSeqs edited(UidSet uids, BiFunction<Page, char[], @Nullable Page> edit) {
        var next = new ArrayList<Page>(pages.length + 1);
        PeekableIntIterator each = uids.bits().getIntIterator();
        int at = 0;
        while (each.hasNext()) {
            int number = each.peekNext() >>> PAGE_BITS;
            for (; at < pages.length && pages[at].number < number; at++) {
                next.add(pages[at]);
            }
            boolean isThere = at < pages.length && pages[at].number == number;
            Page page = isThere ? pages[at++] : Page.of(number, new char[0], new long[0]);
            Page edited = edit.apply(page, offsets(each, number));
            if (edited != null) {
                next.add(edited);
            }
        }
        next.addAll(List.of(pages).subList(at, pages.length));
        return new ModSeqs(next.toArray(Page[]::new));
    }

    /** Takes the offsets of all that lie in this page. */
    private static char[] offsets(PeekableIntIterator each, int number) {
        char[] offsets = new char[1 << PAGE_BITS];
        int size = 0;
        while (each.hasNext() && each.peekNext() >>> PAGE_BITS == number) {
            offsets[size++] = offset(each.next());
        }
        return Arrays.copyOf(offsets, size);
    }

    /** {@return roughly the bytes it takes} */
    long weight() {
        long bytes = 16;
        for (Page page : pages) {
            bytes += 80 + 10L * page.offsets.length;
        }
        return bytes;
    }

    /** Collects modseqs by ascending UID. */
    static final class Builder {
        private final List<Page> pages = new ArrayList<>();
        private final char[] offsets = new char[1 << PAGE_BITS];
        private final long[] modSeqs = new long[1 << PAGE_BITS];
        private int number;
        private int size;

        void add(long uid, long modSeq) {
            if ((int) uid >>> PAGE_BITS != number) {
                endPage();
                number = (int) uid >>> PAGE_BITS;
            }
            offsets[size] = offset((int) uid);
            modSeqs[size++] = modSeq;
        }

        private void endPage() {
            if (size > 0) {
                pages.add(Page.of(number, Arrays.copyOf(offsets, size), Arrays.copyOf(modSeqs, size)));
                size = 0;
            }
        }

        ModSeqs build() {
            endPage();
            return new ModSeqs(pages.toArray(Page[]::new));
        }
    }
}
