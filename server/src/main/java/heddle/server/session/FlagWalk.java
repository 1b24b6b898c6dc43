package heddle.server.session;

import heddle.protocol.Flag;
import heddle.protocol.UidSet;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.wire.WireWriter;
import heddle.storage.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.roaringbitmap.PeekableIntIterator;

/**
 * Goes through messages in ascending order and tells of each its sequence number and its flags. The sets of UIDs are
 * walked in lockstep, so that a step costs a few comparisons, however large the mailbox.
 */
public final class FlagWalk {
    private final UidSet view;
    private final PeekableIntIterator members;
    private final PeekableIntIterator recent;
    private final PeekableIntIterator[] standard;
    private final PeekableIntIterator[] keyworded;
    private final byte[][] spellings;
    private final List<byte[]> keywords = new ArrayList<>();
    private long number;
    private int uid;

    FlagWalk(Snapshot snapshot, UidSet view, UidSet recent) {
        this.view = view;
        members = view.bits().getIntIterator();
        this.recent = recent.bits().getIntIterator();
        Flag.Standard[] flags = Flag.Standard.values();
        standard = new PeekableIntIterator[flags.length];
        for (int i = 0; i < flags.length; i++) {
            standard[i] = snapshot.with(flags[i]).bits().getIntIterator();
        }
        keyworded = new PeekableIntIterator[snapshot.keywords().size()];
        spellings = new byte[keyworded.length][];
        for (int i = 0; i < keyworded.length; i++) {
            keyworded[i] = snapshot.withKeyword(i).bits().getIntIterator();
            spellings[i] = WireWriter.ascii(snapshot.keywords().get(i).wire());
        }
    }

    /** Goes to this UID, which is in the view and larger than the one before. */
    public void to(int next) {
        if (members.hasNext() && members.peekNext() == next) {
            members.next();
            number++;
        } else {
            number = view.rank(Integer.toUnsignedLong(next));
            members.advanceIfNeeded(next);
            if (members.hasNext()) {
                members.next();
            }
        }
        uid = next;
    }

    /** {@return the sequence number} */
    public long number() {
        return number;
    }

    public long uid() {
        return Integer.toUnsignedLong(uid);
    }

    /** {@return bits of {@link Flag.Standard} and {@link FetchResponse#RECENT}; to be asked once for each message} */
    public int bits() {
        int bits = 0;
        for (int i = 0; i < standard.length; i++) {
            if (isAt(standard[i])) {
                bits |= 1 << i;
            }
        }
        return isAt(recent) ? bits | FetchResponse.RECENT : bits;
    }

    /** {@return the keywords' spellings, until the next step} */
    public List<byte[]> keywords() {
        keywords.clear();
        for (int i = 0; i < keyworded.length; i++) {
            if (isAt(keyworded[i])) {
                keywords.add(spellings[i]);
            }
        }
        return keywords;
    }

    /** {@return the spellings of keywords by number, until the next step; what the snapshot does not know is left out} */
    public List<byte[]> spellings(int[] numbers) {
        keywords.clear();
        for (int number : numbers) {
            if (number < spellings.length) {
                keywords.add(spellings[number]);
            }
        }
        return keywords;
    }

    private boolean isAt(PeekableIntIterator set) {
        if (!set.hasNext()) {
            return false;
        }
        int next = set.peekNext();
        if (Integer.compareUnsigned(next, uid) < 0) {
            set.advanceIfNeeded(uid);
            if (!set.hasNext()) {
                return false;
            }
            next = set.peekNext();
        }
        return next == uid;
    }
}
