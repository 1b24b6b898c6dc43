package heddle.server.session;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.command.SelectCommand.Access;
import heddle.protocol.command.SelectParameter.Qresync;
import heddle.protocol.response.ResponseCode.PermanentFlags;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireWriter;
import heddle.storage.Change;
import heddle.storage.FlagChanges.Stored;
import heddle.storage.Keywords;
import heddle.storage.Mailbox;
import heddle.storage.MailboxId;
import heddle.storage.ModSeqs;
import heddle.storage.Snapshot;
import heddle.storage.Snapshots.Changed;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What this session's client knows of its mailbox: the messages it was told of, in their order, and how far it was told
 * of changes (DESIGN §5). Sequence numbers are positions in the set of UIDs.
 */
public final class SelectedMailbox {
    private static final Logger LOG = System.getLogger(SelectedMailbox.class.getName());

    /** Whether the client may be told now that messages are gone (RFC 3501 §7.4.1). */
    public enum Expunges {
        TOLD,
        WITHHELD
    }

    private final Storage storage;
    private final MailboxId id;
    private final Access access;
    private final Enabled enabled;
    private UidSet view;

    /** Larger than every UID that the client may know; what arrives is not smaller. */
    private long nextUid;

    private UidSet saved = UidSet.EMPTY;
    private ModSeq seen;
    private ModSeq seenFlags;
    private ModSeq toldMessages;
    private ModSeq toldAll;
    /** The latest moment of which the client has seen modseqs; it may take the highest for one up to which it knows all. */
    private ModSeq shown;

    private Interest interest = Interest.ALL;
    private UidSet arrivals = UidSet.EMPTY;
    private UidSet recent;
    private int keywordsTold;

    private SelectedMailbox(
            Storage storage, Snapshot snapshot, Access access, Enabled enabled, long nextUid, long recentFrom) {
        this.storage = storage;
        id = snapshot.mailbox();
        this.access = access;
        this.enabled = enabled;
        view = snapshot.uids();
        this.nextUid = nextUid;
        seen = snapshot.modSeq();
        seenFlags = seen;
        toldMessages = seen;
        toldAll = seen;
        shown = seen;
        recent = from(recentFrom, view);
        keywordsTold = snapshot.keywords().size();
    }

    /**
     * {@return what a client knows that selects this mailbox} Unless it only reads, or goes by IMAP4rev2, it is the one
     * session that is told of the new messages as {@code \Recent}.
     *
     * @param mailbox as its row was, at the latest when the snapshot was asked for
     * @throws heddle.storage.StorageException {@code UNAVAILABLE}
     */
    public static SelectedMailbox select(
            Storage storage, Mailbox mailbox, Snapshot snapshot, Access access, Enabled enabled) {
        long unclaimed = mailbox.counters().recentUid();
        // Of what came after the row was read, the snapshot may know more.
        long next = Math.max(mailbox.uidNext(), snapshot.uids().last() + 1);
        boolean claims = access == Access.READ_WRITE && !enabled.rev2() && unclaimed < next;
        long recentFrom = claims ? claimRecent(storage, mailbox.id(), unclaimed, next) : unclaimed;
        return new SelectedMailbox(storage, snapshot, access, enabled, next, recentFrom);
    }

    /**
     * {@return the first UID that is recent for this session, and will be for no other} While nothing can be written, nobody
     * knows for which session they are: then they are for this one (RFC 3501 §2.3.2).
     */
    private static long claimRecent(Storage storage, MailboxId id, long unclaimed, long next) {
        try {
            return storage.mailboxes().claimRecent(id, next);
        } catch (StorageException refused) {
            if (refused.reason() != Reason.READ_ONLY) {
                throw refused;
            }
            return unclaimed;
        }
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

    /** Says what the client wants to hear from now on of what others do. */
    void interest(Interest changed) {
        interest = changed;
        if (changed.arrivals().isEmpty()) {
            arrivals = UidSet.EMPTY;
        }
    }

    /** {@return messages that came, of which the client wants to know more than it was told} */
    UidSet arrivals() {
        return arrivals.and(view);
    }

    /** The client knows all that it wants to know of these: it was told, or they are its own. */
    public void known(UidSet uids) {
        arrivals = arrivals.andNot(uids);
    }

    /** {@return the UIDs the client knows of; the n-th has sequence number n} */
    public UidSet view() {
        return view;
    }

    /** {@return those that are {@code \Recent} in this session; IMAP4rev2 knows none} */
    public UidSet recent() {
        return enabled.rev2() ? UidSet.EMPTY : recent;
    }

    /**
     * {@return the UIDs that the client names}
     *
     * @throws SyntaxException when there is no message with such a sequence number
     */
    public UidSet resolve(Numbering numbering, SequenceSet messages) {
        if (messages.isSaved()) {
            return saved.and(view);
        }
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

    /** Remembers what {@code $} is to stand for, expunged ones left out as they go (RFC 5182 §2.1). */
    public void save(UidSet uids) {
        saved = uids;
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

    /** {@return the same with the modseq of each message} */
    public Snapshot snapshotWithModSeqs() {
        return storage.snapshots().withModSeqs(id, seen);
    }

    /** {@return what has changed after {@code since}, seen from a snapshot as {@link #snapshot()}} */
    public Changed changedSince(ModSeq since) {
        return storage.snapshots().changedSince(id, since, seen);
    }

    /** The client is shown modseqs as they are in this snapshot. */
    public void modSeqsShown(Snapshot now) {
        shown = new ModSeq(Math.max(shown.value(), now.modSeq().value()));
    }

    /**
     * Asks the database, and tells the client what has changed.
     *
     * @throws EndOfServiceException as {@link #tell(WireWriter, ModSeq, Expunges)}
     */
    public void poll(WireWriter out, Expunges expunges) throws IOException {
        Mailbox now = storage.mailboxes().find(id).orElseThrow(SelectedMailbox::deleted);
        tell(out, now.highestModSeq(), expunges);
    }

    /** {@return what ends a session whose mailbox is deleted} */
    static EndOfServiceException deleted() {
        return new EndOfServiceException(null, "the selected mailbox is deleted");
    }

    /**
     * Tells the client what has changed up to {@code until}.
     *
     * @param until a modseq that the mailbox is known to have reached
     * @throws EndOfServiceException when the mailbox is deleted, or there is again what the client knows to be gone;
     *     nothing is told then
     */
    public void tell(WireWriter out, ModSeq until, Expunges expunges) throws IOException {
        tell(out, until, expunges, Own.NOTHING);
    }

    /**
     * As {@link #tell(WireWriter, ModSeq, Expunges)}, after a command that has changed flags: what has become of its
     * messages, too. When that cannot be told, nothing is: the client will hear of it as of what others do.
     *
     * @param withFlags those whose flags are told, whoever has changed them
     * @param changed those whose modseqs alone are told, to a client that wants modseqs
     */
    public void tellStored(WireWriter out, Expunges expunges, Stored stored, UidSet withFlags, UidSet changed)
            throws IOException {
        tell(out, stored.modSeq(), expunges, new Own(stored.change(), withFlags, changed));
    }

    private void tell(WireWriter out, ModSeq until, Expunges expunges, Own own) throws IOException {
        try {
            tellChanges(out, until, expunges, own);
        } catch (StorageException failed) {
            throw failed.reason() == Reason.NOT_FOUND ? deleted() : failed;
        }
    }

    /**
     * As {@link #poll}, after a command that has added messages. It must not be answered NO, or a client does it again: when
     * the database is away by now, the client is told later.
     */
    public void pollAdded(WireWriter out) throws IOException {
        orLater(() -> poll(out, Expunges.TOLD));
    }

    /**
     * As {@link #pollAdded}, after a command that has expunged messages.
     *
     * @param own what the client has expunged itself: it hears of that in any case
     */
    public void tellExpunged(WireWriter out, ModSeq until, Optional<Change> own) throws IOException {
        orLater(() -> tell(out, until, Expunges.TOLD, new Own(own, UidSet.EMPTY, UidSet.EMPTY)));
    }

    /** What tells everything or nothing. */
    @FunctionalInterface
    private interface Telling {
        void run() throws IOException;
    }

    private static void orLater(Telling telling) throws IOException {
        try {
            telling.run();
        } catch (StorageException away) {
            LOG.log(Level.DEBUG, "what a command has done is told later", away);
        }
    }

    /**
     * What a command of this client has done.
     *
     * @param change what the client knows of; others may have changed more meanwhile
     * @param withFlags those whose flags it is told in any case
     * @param changed those whose modseqs it is told if it wants modseqs
     */
    private record Own(Optional<Change> change, UidSet withFlags, UidSet changed) {
        static final Own NOTHING = new Own(Optional.empty(), UidSet.EMPTY, UidSet.EMPTY);

        boolean isTold() {
            return !withFlags.isEmpty() || !changed.isEmpty();
        }
    }

    private void tellChanges(WireWriter out, ModSeq until, Expunges expunges, Own own) throws IOException {
        boolean wasBehind = isBehind();
        var news = new MailboxNews(out, enabled);
        Snapshot now = own.isTold() && enabled.modSeqs()
                ? storage.snapshots().withModSeqs(id, until)
                : storage.snapshots().at(id, until);
        Reflagged reflagged = Reflagged.none(now);
        if (interest.inFlags() && now.modSeq().value() > seenFlags.value()) {
            reflagged = reflagged(now, own);
            now = reflagged.now;
        }
        boolean isComplete = tellMessages(news, now, expunges, own.change); // the last that may fail and be tried again
        if (interest.inFlags() && now.modSeq().value() > seenFlags.value()) {
            seenFlags = now.modSeq();
        }
        if (now.modSeq().value() > seen.value()) {
            if (interest.inMessages() || own.change.isPresent()) {
                tellKeywords(out, now);
            }
            seen = now.modSeq();
        }
        news.flags(flags(now), reflagged.uids, reflagged.modSeqs);
        if (isComplete) {
            toldMessages = seen;
            if (seenFlags.value() >= seen.value()) {
                toldAll = seen;
            }
        }
        if (wasBehind && !isBehind() && enabled.modSeqs()) {
            news.highestModSeq(toldAll);
        }
        if (own.isTold()) {
            tellOwn(news, now, own);
        }
    }

    /** Messages that the client knows, whose flags it may know wrong. */
    private record Reflagged(Snapshot now, UidSet uids, ModSeqs modSeqs) {
        static Reflagged none(Snapshot now) {
            return new Reflagged(now, UidSet.EMPTY, ModSeqs.NONE);
        }
    }

    private Reflagged reflagged(Snapshot now, Own own) {
        Optional<ModSeq> ownModSeq = own.change.map(Change::modSeq);
        Optional<List<Change>> changes = storage.snapshots().between(id, seenFlags, now.modSeq());
        if (changes.isEmpty()) {
            Snapshot read = storage.snapshots().withModSeqs(id, now.modSeq());
            UidSet newer = read.modSeqs().since(seenFlags).uids();
            return new Reflagged(read, newer.and(view).andNot(own.withFlags), read.modSeqs());
        }
        var touched = new ArrayList<UidSet>();
        for (Change change : changes.get()) {
            switch (change.kind()) {
                case FLAGS_ADDED, FLAGS_REMOVED, FLAGS_REPLACED -> {
                    if (!ownModSeq.equals(Optional.of(change.modSeq()))) {
                        touched.add(change.uids());
                    }
                }
                case ARRIVED, ARRIVED_WITH_VARIOUS_FLAGS, EXPUNGED -> {
                    // told as messages, not as flags
                }
            }
        }
        UidSet uids = UidSet.union(touched).and(view).and(now.uids()).andNot(own.withFlags);
        return new Reflagged(now, uids, enabled.modSeqs() ? ModSeqs.of(changes.get()) : ModSeqs.NONE);
    }

    private void tellOwn(MailboxNews news, Snapshot now, Own own) throws IOException {
        UidSet known = view.and(now.uids());
        if (enabled.modSeqs()) {
            news.flags(flags(now), own.withFlags.and(known), now.modSeqs());
            news.modSeqs(flags(now), own.changed.andNot(own.withFlags).and(known), now.modSeqs());
        } else {
            news.flags(flags(now), own.withFlags.and(known), ModSeqs.NONE);
        }
    }

    /** {@return whether the client now knows which messages there are: no expunge is withheld} */
    private boolean tellMessages(MailboxNews news, Snapshot now, Expunges expunges, Optional<Change> own)
            throws IOException {
        if (view.equals(now.uids())) {
            view = now.uids(); // one copy for all sessions
            return true;
        }
        UidSet gone = view.andNot(now.uids());
        UidSet arrived = now.uids().andNot(view);
        if (!interest.inMessages()) {
            gone = own.map(Change::uids).orElse(UidSet.EMPTY).and(gone);
            arrived = UidSet.EMPTY;
        }
        if (!arrived.isEmpty() && arrived.first() < nextUid) {
            // The database has lost an expunge (DESIGN §4 rule 5). To the client whatever arrives is the last message.
            throw new EndOfServiceException(null, "the mailbox was restored to an earlier state: select it again");
        }
        UidSet newlyRecent = claim(arrived);
        if (expunges == Expunges.TOLD && !gone.isEmpty()) {
            news.gone(view, gone);
            view = view.andNot(gone);
            recent = recent.andNot(gone);
        }
        if (!arrived.isEmpty()) {
            view = view.or(arrived);
            nextUid = arrived.last() + 1;
            recent = recent.or(newlyRecent);
            news.arrived(view.size(), recent.size());
            if (!interest.arrivals().isEmpty()) {
                arrivals = arrivals.or(arrived);
            }
        }
        if (!view.equals(now.uids())) {
            return false;
        }
        view = now.uids();
        return true;
    }

    /** {@return those that no other session has been told of as {@code \Recent}; none will be from now on} */
    private UidSet claim(UidSet arrived) {
        return arrived.isEmpty() || isReadOnly() || enabled.rev2()
                ? arrived
                : from(claimRecent(storage, id, arrived.first(), arrived.last() + 1), arrived);
    }

    private void tellKeywords(WireWriter out, Snapshot now) throws IOException {
        if (now.keywords().size() > keywordsTold) {
            keywordsTold = now.keywords().size();
            tellFlagNames(out, now);
        }
    }

    /** Tells which flags are known in this mailbox and which of them can be changed. */
    public void tellFlagNames(WireWriter out, Snapshot now) throws IOException {
        var flags = new ArrayList<Flag>(List.of(Flag.Standard.values()));
        flags.addAll(now.keywords());
        var permanent = isReadOnly()
                ? new PermanentFlags(List.of(), PermanentFlags.NewKeywords.REFUSED)
                : new PermanentFlags(
                        flags,
                        now.keywords().size() < Keywords.LIMIT
                                ? PermanentFlags.NewKeywords.ALLOWED
                                : PermanentFlags.NewKeywords.REFUSED);
        new MailboxNews(out, enabled).flagNames(flags, permanent);
    }

    /** Brings a client up to date that comes back with what it knows (RFC 7162 §3.2.5). */
    public void tellSince(WireWriter out, Qresync client) throws IOException {
        long knownUpTo = client.matches() == null ? 0 : client.matches().lastMatch(view);
        tellGoneSince(out, client.since(), gone -> client.wanted(gone).andNot(UidSet.range(1, knownUpTo)));
        Changed changed = changedSince(client.since());
        UidSet uids = changed.modSeqs().uids().and(changed.now().uids()).and(view);
        new MailboxNews(out, enabled).flags(flags(changed.now()), client.wanted(uids), changed.modSeqs());
    }

    /**
     * Tells which UIDs are gone since then. What the client still sees here is left to {@link #tell}. When the journal no
     * longer knows, all are told that ever were (RFC 7162 §3.2.6).
     *
     * @param wanted picks those that the client asks for
     */
    public void tellGoneSince(WireWriter out, ModSeq since, UnaryOperator<UidSet> wanted) throws IOException {
        UidSet gone = storage.snapshots().expungedSince(snapshot(), since).orElseGet(this::missing);
        new MailboxNews(out, enabled).goneEarlier(wanted.apply(gone).andNot(view));
    }

    private UidSet missing() {
        Optional<Mailbox> now = storage.mailboxes().find(id);
        if (now.isEmpty()) {
            return UidSet.EMPTY;
        }
        UidSet present = storage.snapshots().at(id, now.get().highestModSeq()).uids();
        return UidSet.range(1, now.get().uidNext() - 1).andNot(present);
    }

    /** {@return the modseq up to which the client was told of everything: no message is gone that it still takes for there} */
    public ModSeq highestModSeq() {
        return toldAll;
    }

    /** The client has made messages go of which it is not told, because it leaves (RFC 3501 §6.4.2): it knows of them. */
    public void goneSilently(Change own) {
        if (own.modSeq().value() == toldMessages.value() + 1) {
            toldMessages = own.modSeq();
        }
    }

    /** {@return the modseq up to which the client knows which messages there are, maybe not their flags} */
    ModSeq toldMessages() {
        return toldMessages;
    }

    /** Tells {@link #highestModSeq()}. */
    public void tellHighestModSeq(WireWriter out) throws IOException {
        new MailboxNews(out, enabled).highestModSeq(toldAll);
    }

    /** Corrects the higher modseqs that a client has just seen while other changes were not told yet (RFC 7162 §3.2, §6). */
    public void tellIfBehind(WireWriter out) throws IOException {
        if (isBehind() && enabled.modSeqs()) {
            tellHighestModSeq(out);
        }
    }

    private boolean isBehind() {
        return toldAll.value() < Math.max(seen.value(), shown.value());
    }

    /** {@return a walk over the flags of messages in this view, ascending} */
    public FlagWalk flags(Snapshot now) {
        return new FlagWalk(now, view, recent());
    }
}
