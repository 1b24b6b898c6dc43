package heddle.server.session;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.Tag;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.command.SelectCommand.Access;
import heddle.protocol.response.CountResponse;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.response.FlagsResponse;
import heddle.protocol.response.ResponseCode.PermanentFlags;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireWriter;
import heddle.storage.Change;
import heddle.storage.Keywords;
import heddle.storage.Mailbox;
import heddle.storage.MailboxId;
import heddle.storage.Snapshot;
import heddle.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What this session's client knows of its mailbox: the messages it was told of, in their order, and how far it was told
 * of changes (DESIGN §5). Sequence numbers are positions in the set of UIDs.
 */
public final class SelectedMailbox {
    /** Whether the client may be told now that messages are gone (RFC 3501 §7.4.1). */
    public enum Expunges {
        TOLD,
        WITHHELD
    }

    private final Storage storage;
    private final MailboxId id;
    private final Access access;
    private UidSet view;
    private ModSeq seen;
    private UidSet recent;
    private int keywordsTold;

    private SelectedMailbox(Storage storage, Snapshot snapshot, Access access, long recentFrom) {
        this.storage = storage;
        id = snapshot.mailbox();
        this.access = access;
        view = snapshot.uids();
        seen = snapshot.modSeq();
        recent = from(recentFrom, view);
        keywordsTold = snapshot.keywords().size();
    }

    /**
     * {@return what a client knows that selects this mailbox} Unless it only reads, it is the one session that is told of
     * the new messages as {@code \Recent}.
     *
     * @param mailbox as its row was, at the latest when the snapshot was asked for
     * @throws heddle.storage.StorageException {@code UNAVAILABLE}
     */
    public static SelectedMailbox select(Storage storage, Mailbox mailbox, Snapshot snapshot, Access access) {
        long unclaimed = mailbox.counters().recentUid();
        // Of what came after the row was read, the snapshot may know more.
        long next = Math.max(mailbox.uidNext(), snapshot.uids().last() + 1);
        boolean claims = access == Access.READ_WRITE && unclaimed < next;
        long recentFrom = claims ? storage.mailboxes().claimRecent(mailbox.id(), next) : unclaimed;
        return new SelectedMailbox(storage, snapshot, access, recentFrom);
    }

    /** {@return those of the set that are at least {@code first}; where that is all, the set itself} */
    private static UidSet from(long first, UidSet set) {
        return first <= set.first() ? set : set.between(first, Uid.MAX);
    }

    public MailboxId id() {
        return id;
    }

    public boolean isReadOnly() {
        return access == Access.READ_ONLY;
    }

    /** {@return the UIDs the client knows of; the n-th has sequence number n} */
    public UidSet view() {
        return view;
    }

    /** {@return those that are {@code \Recent} in this session} */
    public UidSet recent() {
        return recent;
    }

    /**
     * {@return the UIDs that the client names}
     *
     * @throws SyntaxException when there is no message with such a sequence number
     */
    public UidSet resolve(Numbering numbering, SequenceSet messages) {
        if (numbering == Numbering.UID) {
            return messages.uids(view);
        }
        try {
            UidSet numbers = messages.numbers(view.size());
            return numbers.size() == view.size() ? view : byPosition(numbers);
        } catch (IllegalArgumentException none) {
            throw new SyntaxException(String.valueOf(none.getMessage()));
        }
    }

    private UidSet byPosition(UidSet numbers) {
        var uids = new ArrayList<UidSet>();
        numbers.forEachRun((low, high) -> uids.add(view.between(view.select(low), view.select(high))));
        return UidSet.union(uids);
    }

    /** {@return the sequence numbers of these UIDs, which are in the view} */
    public UidSet numbers(UidSet uids) {
        if (uids.size() == view.size()) {
            return UidSet.range(1, view.size());
        }
        var numbers = new UidSet.Builder();
        uids.forEach(uid -> numbers.add(view.rank(uid)));
        return numbers.build();
    }

    /** {@return the mailbox as it is stored, at least as new as what the client was told} */
    public Snapshot snapshot() {
        return storage.snapshots().at(id, seen);
    }

    /**
     * Asks the database, and tells the client what has changed.
     *
     * @return false when the mailbox is deleted
     */
    public boolean poll(WireWriter out, Expunges expunges) throws IOException {
        Optional<Mailbox> now = storage.mailboxes().find(id);
        if (now.isEmpty()) {
            return false;
        }
        tell(out, now.get().highestModSeq(), expunges, UidSet.EMPTY);
        return true;
    }

    /**
     * Tells the client what has changed up to {@code until}.
     *
     * @param until a modseq that the mailbox is known to have reached
     * @param silent messages whose flags the client has set itself with the last change, so that it knows them
     */
    public void tell(WireWriter out, ModSeq until, Expunges expunges, UidSet silent) throws IOException {
        Snapshot now = storage.snapshots().at(id, until);
        if (now.modSeq().value() > seen.value()) {
            UidSet reflagged = reflagged(now, until, silent);
            tellMessages(out, now, expunges);
            tellKeywords(out, now);
            tellFlags(out, now, reflagged);
            seen = now.modSeq();
        } else {
            tellMessages(out, now, expunges);
        }
    }

    /** Messages the client knows, whose flags it may know wrong. */
    private UidSet reflagged(Snapshot now, ModSeq own, UidSet silent) {
        Optional<List<Change>> changes = storage.snapshots().between(id, seen, now.modSeq());
        if (changes.isEmpty()) {
            return storage.search().changedSince(id, view.and(now.uids()), seen);
        }
        var touched = new ArrayList<UidSet>();
        for (Change change : changes.get()) {
            switch (change.kind()) {
                case FLAGS_ADDED, FLAGS_REMOVED, FLAGS_REPLACED ->
                    touched.add(change.modSeq().equals(own) ? change.uids().andNot(silent) : change.uids());
                case ARRIVED, ARRIVED_WITH_VARIOUS_FLAGS, EXPUNGED -> {
                    // told as messages, not as flags
                }
            }
        }
        return UidSet.union(touched).and(view).and(now.uids());
    }

    private void tellMessages(WireWriter out, Snapshot now, Expunges expunges) throws IOException {
        if (view.equals(now.uids())) {
            view = now.uids(); // one copy for all sessions
            return;
        }
        UidSet gone = view.andNot(now.uids());
        UidSet arrived = now.uids().andNot(view);
        UidSet newlyRecent = claim(arrived);
        if (expunges == Expunges.TOLD && !gone.isEmpty()) {
            long[] uids = gone.toArray();
            // From the end on, so that no number changes before it is told.
            for (int i = uids.length - 1; i >= 0; i--) {
                CountResponse.expunge(view.rank(uids[i])).writeTo(out);
            }
            view = view.andNot(gone);
            recent = recent.andNot(gone);
        }
        if (!arrived.isEmpty()) {
            view = view.or(arrived);
            recent = recent.or(newlyRecent);
            CountResponse.exists(view.size()).writeTo(out);
            CountResponse.recent(recent.size()).writeTo(out);
        }
        if (view.equals(now.uids())) {
            view = now.uids();
        }
    }

    /** {@return those that no other session has been told of as {@code \Recent}; none will be from now on} */
    private UidSet claim(UidSet arrived) {
        return arrived.isEmpty() || isReadOnly()
                ? arrived
                : from(storage.mailboxes().claimRecent(id, arrived.last() + 1), arrived);
    }

    private void tellKeywords(WireWriter out, Snapshot now) throws IOException {
        if (now.keywords().size() > keywordsTold) {
            keywordsTold = now.keywords().size();
            tellFlagNames(out, now);
        }
    }

    /** The FLAGS and PERMANENTFLAGS of this mailbox (RFC 3501 §7.2.6, §7.1). */
    public void tellFlagNames(WireWriter out, Snapshot now) throws IOException {
        var flags = new ArrayList<Flag>(List.of(Flag.Standard.values()));
        flags.addAll(now.keywords());
        new FlagsResponse(flags).writeTo(out);
        var permanent = isReadOnly()
                ? new PermanentFlags(List.of(), PermanentFlags.NewKeywords.REFUSED)
                : new PermanentFlags(
                        flags,
                        now.keywords().size() < Keywords.LIMIT
                                ? PermanentFlags.NewKeywords.ALLOWED
                                : PermanentFlags.NewKeywords.REFUSED);
        StatusResponse.ok(Tag.UNTAGGED, permanent, "flags that can be changed for good")
                .writeTo(out);
    }

    /** Tells the flags of these messages as FETCH does. */
    public void tellFlags(WireWriter out, Snapshot now, UidSet uids) throws IOException {
        if (uids.isEmpty()) {
            return;
        }
        var flags = new FlagWalk(now, view, recent);
        var response = new FetchResponse(out);
        for (var each = uids.bits().getIntIterator(); each.hasNext(); ) {
            flags.to(each.next());
            response.start(flags.number());
            response.uid(flags.uid());
            response.flags(flags.bits(), flags.keywords());
            response.end();
        }
    }

    /** {@return a walk over the flags of messages in this view, ascending} */
    public FlagWalk flags(Snapshot now) {
        return new FlagWalk(now, view, recent);
    }
}
