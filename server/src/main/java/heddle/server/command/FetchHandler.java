package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.FetchItem;
import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.UidSet;
import heddle.protocol.command.FetchCommand;
import heddle.protocol.command.FetchModifiers.Gone;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.server.session.FlagWalk;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.FlagChanges;
import heddle.storage.FlagChanges.Stored;
import heddle.storage.MessageRow;
import heddle.storage.ModSeqs;
import heddle.storage.Snapshot;
import heddle.storage.Snapshots.Changed;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * FETCH and UID FETCH (RFC 3501 §6.4.5, RFC 7162 §3.1.4, §3.2.6, RFC 9394 §3.3, RFC 9586). Flags come from the snapshot; the rest is read in batches, and no database
 * connection is held while a batch is written.
 */
final class FetchHandler {
    /** Messages of one batch. */
    private static final int BATCH = 256;

    private final Storage storage;

    FetchHandler(Storage storage) {
        this.storage = storage;
    }

    Done fetch(FetchCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        UidSet uids = mailbox.resolve(command.numbering(), command.messages());
        if (command.modifiers().gone() == Gone.TOLD && !session.enabled().resync()) {
            throw new SyntaxException("ENABLE QRESYNC comes first");
        }
        if (command.asksForModSeq()) {
            session.enable(Extension.CONDSTORE);
        }
        Changed seen = seen(command, mailbox);
        if (command.modifiers().partial() != null) {
            uids = command.modifiers().partial().of(uids);
        }
        ModSeq since = command.modifiers().changedSince();
        if (since != null) {
            if (command.modifiers().gone() == Gone.TOLD && !command.messages().isSaved()) {
                mailbox.tellGoneSince(
                        session.out(),
                        since,
                        gone -> gone.and(command.messages()
                                .uidsUpTo(Math.max(gone.last(), mailbox.view().last()))));
            }
            uids = uids.and(seen.modSeqs().uids());
        }
        if (command.asksForModSeq() && !uids.isEmpty()) {
            mailbox.modSeqsShown(seen.now());
        }
        var fetch = new Fetch(session, mailbox, seen, FetchedItem.of(items(command, session)));
        if (!fetch.needsRows(uids)) {
            fetch.flagsOnly(uids);
            if (command.asksForModSeq()) {
                mailbox.tellIfBehind(session.out());
            }
            return Done.of(state, "FETCH completed");
        }
        boolean setsSeen = !mailbox.isReadOnly() && command.items().stream().anyMatch(FetchItem::setsSeen);
        boolean isComplete = fetch.batches(uids, batch -> {
            if (setsSeen) {
                setSeen(session, mailbox, fetch.snapshot, batch);
                Changed now = seen(mailbox, command.asksForModSeq());
                if (command.asksForModSeq()) {
                    mailbox.modSeqsShown(now.now());
                }
                fetch.goOn(now);
            }
        });
        if (setsSeen || command.asksForModSeq()) {
            mailbox.tellIfBehind(session.out());
        }
        if (!isComplete) {
            throw new RefusedException(Word.EXPUNGEISSUED, "some of these messages no longer exist");
        }
        return Done.of(state, "FETCH completed");
    }

    /**
     * Tells what the client wants to know of messages that have come; none of them becomes {@code \Seen} by that, and one
     * that is gone already is passed over (RFC 5465 §5.2).
     */
    void tellArrivals(Session session, SelectedMailbox mailbox, List<FetchItem> wanted, UidSet arrived)
            throws IOException {
        // What a client hears without asking always has the UID with QRESYNC, and the modseq with CONDSTORE (RFC 7162
        // §3).
        var items = new LinkedHashSet<FetchItem>();
        if (session.enabled().resync()) {
            items.add(Attribute.UID);
        }
        items.addAll(wanted);
        if (session.enabled().modSeqs()) {
            items.add(Attribute.MODSEQ);
        }
        Changed seen = seen(mailbox, session.enabled().modSeqs());
        if (session.enabled().modSeqs()) {
            mailbox.modSeqsShown(seen.now());
        }
        var fetch = new Fetch(session, mailbox, seen, FetchedItem.of(items));
        if (fetch.needsRows(arrived)) {
            tellReadable(session, mailbox, fetch, arrived);
        } else {
            fetch.flagsOnly(arrived);
        }
        mailbox.tellIfBehind(session.out());
    }

    /** Nobody has asked, so that nobody can be refused: what cannot be told, the client may still ask for. */
    private static void tellReadable(Session session, SelectedMailbox mailbox, Fetch fetch, UidSet arrived)
            throws IOException {
        try {
            fetch.batches(arrived, mailbox::known);
        } catch (RefusedException unreadable) {
            if (!session.out().cutBack()) {
                throw new IOException("a response was left half written", unreadable);
            }
        }
    }

    /** {@return the mailbox as it is stored, with the modseqs that the command asks for} */
    private static Changed seen(FetchCommand command, SelectedMailbox mailbox) {
        ModSeq since = command.modifiers().changedSince();
        if (since != null) {
            return mailbox.changedSince(since);
        }
        return seen(mailbox, command.asksForModSeq());
    }

    private static Changed seen(SelectedMailbox mailbox, boolean withModSeqs) {
        if (!withModSeqs) {
            return new Changed(mailbox.snapshot(), ModSeqs.NONE);
        }
        Snapshot snapshot = mailbox.snapshotWithModSeqs();
        return new Changed(snapshot, snapshot.modSeqs());
    }

    /**
     * UID FETCH tells the UID whether asked or not, unless a UIDFETCH response begins with it (RFC 9586), CHANGEDSINCE the modseq (RFC 7162 §3.1.4.1); an item asked for twice is
     * told once.
     */
    private static Set<FetchItem> items(FetchCommand command, Session session) {
        var items = new LinkedHashSet<FetchItem>();
        if (command.numbering() == Numbering.UID && session.enabled().numbering() == Numbering.SEQUENCE) {
            items.add(Attribute.UID);
        }
        items.addAll(command.items());
        if (command.asksForModSeq()) {
            items.add(Attribute.MODSEQ);
        }
        return items;
    }

    /** What is done when a batch is written. */
    @FunctionalInterface
    private interface AfterBatch {
        void written(UidSet batch) throws IOException;
    }

    /** One command: goes through its messages and writes what is wanted of each. */
    private final class Fetch {
        private final SelectedMailbox mailbox;
        private Snapshot snapshot;
        private ModSeqs modSeqs;
        private FlagWalk flags;
        private final FetchResponse response;
        private final List<FetchedItem> wanted;
        private final MessageBatches batches;
        private final boolean tellsFlags;

        Fetch(Session session, SelectedMailbox mailbox, Changed seen, List<FetchedItem> wanted) {
            this.mailbox = mailbox;
            snapshot = seen.now();
            modSeqs = seen.modSeqs();
            flags = mailbox.flags(snapshot);
            response = new FetchResponse(session.out(), session.enabled().numbering());
            this.wanted = wanted;
            batches = new MessageBatches(storage, mailbox.id(), wanted);
            tellsFlags = wanted.stream().anyMatch(item -> item.item() == Attribute.FLAGS);
        }

        /** Goes on with the mailbox as it is now: what the client was told between two batches is not told as it was before. */
        void goOn(Changed now) {
            snapshot = now.now();
            modSeqs = now.modSeqs();
            flags = mailbox.flags(snapshot);
        }

        /** Whether the snapshot does not tell it all; of a message that is gone already it has no flags. */
        boolean needsRows(UidSet uids) {
            return batches.needsRows()
                    || tellsFlags && !uids.andNot(snapshot.uids()).isEmpty();
        }

        void flagsOnly(UidSet uids) throws IOException {
            for (var each = uids.bits().getIntIterator(); each.hasNext(); ) {
                flags.to(each.next());
                write(null);
            }
        }

        /** {@return whether all of these messages are still kept} */
        boolean batches(UidSet uids, AfterBatch after) throws IOException {
            boolean isComplete = true;
            UidSet rest = uids;
            while (!rest.isEmpty()) {
                UidSet batch = rest.between(1, rest.select(Math.min(BATCH, rest.size())));
                rest = rest.andNot(batch);
                isComplete &= batch(batch);
                after.written(batch);
            }
            return isComplete;
        }

        private boolean batch(UidSet uids) throws IOException {
            if (!needsRows(uids)) { // one that is gone is in another batch
                flagsOnly(uids);
                return true;
            }
            batches.read(uids, snapshot.uids());
            long written = 0;
            while (batches.next()) {
                batches.requireKnownEncodings();
                flags.to((int) batches.row().uid());
                write(batches.row());
                written++;
            }
            return written == uids.size();
        }

        private void write(@Nullable MessageRow row) throws IOException {
            response.start(flags.number(), flags.uid());
            for (int i = 0; i < wanted.size(); i++) {
                FetchedItem item = wanted.get(i);
                if (item.item() == Attribute.UID) {
                    response.uid(flags.uid());
                } else if (item.item() == Attribute.FLAGS) {
                    writeFlags(row);
                } else if (item.item() == Attribute.MODSEQ) {
                    writeModSeq();
                } else {
                    batches.write(item, response);
                }
            }
            response.end();
        }

        /** A message that is gone, of which the client was not told, is not newer than what it was told. */
        private void writeModSeq() throws IOException {
            long modSeq = modSeqs.of(flags.uid());
            response.modSeq(modSeq == 0 ? mailbox.highestModSeq().value() : modSeq);
        }

        /** What the snapshot has dropped, and the client was not told of, still has a row (RFC 2180 §4.1.1). */
        private void writeFlags(@Nullable MessageRow row) throws IOException {
            int bits = flags.bits();
            if (row == null || snapshot.uids().contains(row.uid())) {
                response.flags(bits, flags.keywords());
            } else {
                response.flags(bits | row.flags(), flags.spellings(row.keywords()));
            }
        }
    }

    /**
     * One write for the batch, after its bytes are on their way (DESIGN §4 rule 13). Where nothing can be written, messages
     * can still be read.
     */
    private void setSeen(Session session, SelectedMailbox mailbox, Snapshot snapshot, UidSet batch) throws IOException {
        UidSet unseen = batch.and(snapshot.uids()).andNot(snapshot.with(Flag.Standard.SEEN));
        if (unseen.isEmpty()) {
            return;
        }
        Stored stored;
        try {
            stored =
                    storage.flagChanges().store(mailbox.id(), unseen, FlagChanges.Mode.ADD, Set.of(Flag.Standard.SEEN));
        } catch (StorageException refused) {
            if (refused.reason() != Reason.READ_ONLY) {
                throw refused;
            }
            return;
        }
        mailbox.tellStored(session.out(), Expunges.WITHHELD, stored, unseen, UidSet.EMPTY);
    }
}
