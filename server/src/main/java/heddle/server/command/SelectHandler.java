package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.Flag;
import heddle.protocol.GivenName;
import heddle.protocol.Numbering;
import heddle.protocol.ObjectId;
import heddle.protocol.Tag;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.command.SelectCommand;
import heddle.protocol.command.SelectParameter;
import heddle.protocol.command.SelectParameter.Qresync;
import heddle.protocol.response.CountResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireWriter;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Mailbox;
import heddle.storage.Snapshot;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.util.Optional;

/** SELECT, EXAMINE, CLOSE and UNSELECT (RFC 3501 §6.3.1, §6.3.2, §6.4.2, RFC 3691, RFC 7162, RFC 8474, RFC 9051 §6.3.2). */
final class SelectHandler {
    private final Storage storage;
    private final ListHandler list;

    SelectHandler(Storage storage, ListHandler list) {
        this.storage = storage;
        this.list = list;
    }

    Done select(SelectCommand command, Session session, State.LoggedIn user) throws IOException {
        Optional<Qresync> known = known(command, session);
        leave(session, user);
        for (SelectParameter parameter : command.parameters()) {
            switch (parameter) {
                case SelectParameter.Condstore() -> session.enable(Extension.CONDSTORE);
                case Qresync _ -> {
                    // answered when the mailbox is selected
                }
            }
        }
        Optional<GivenName> name = Optional.ofNullable(command.mailbox());
        Mailbox mailbox = name.flatMap(
                        given -> storage.mailboxes().find(user.account().id(), given.name()))
                .orElseThrow(() -> new RefusedException(Word.NONEXISTENT, "no such mailbox"));
        Snapshot snapshot = storage.snapshots().at(mailbox.id(), mailbox.highestModSeq());
        var selected = SelectedMailbox.select(storage, mailbox, snapshot, command.access(), session.enabled());
        tell(session, mailbox, selected, snapshot);
        if (session.enabled().rev2()) {
            list.tell(session, mailbox, name.flatMap(GivenName::alias).orElse(null));
        }
        if (session.enabled().modSeqs()) {
            selected.tellHighestModSeq(session.out());
        }
        // With UIDs of another validity there is nothing to compare: the client sees that by itself (RFC 7162 §3.2.5).
        if (known.isPresent() && known.get().validity().equals(mailbox.uidValidity())) {
            selected.tellSince(session.out(), known.get());
        }
        boolean isReadOnly = selected.isReadOnly();
        return new Done(
                new State.Selected(user.account(), selected),
                isReadOnly ? Word.READ_ONLY : Word.READ_WRITE,
                isReadOnly ? "EXAMINE completed" : "SELECT completed");
    }

    private static Optional<Qresync> known(SelectCommand command, Session session) {
        for (SelectParameter parameter : command.parameters()) {
            if (parameter instanceof Qresync known) {
                if (!session.enabled().resync()) {
                    throw new SyntaxException("ENABLE QRESYNC comes first");
                }
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /**
     * Even a SELECT that fails ends the selection before it (RFC 3501 §6.3.1); CLOSED is the border between the two (RFC
     * 7162 §3.2.11).
     */
    private static void leave(Session session, State.LoggedIn user) throws IOException {
        if (session.state() instanceof State.Selected) {
            session.state(new State.Authenticated(user.account()));
            tell(session.out(), Word.CLOSED, "the mailbox before is closed");
        }
    }

    private static void tell(Session session, Mailbox mailbox, SelectedMailbox selected, Snapshot snapshot)
            throws IOException {
        WireWriter out = session.out();
        UidSet view = selected.view();
        selected.tellFlagNames(out, snapshot);
        CountResponse.exists(view.size()).writeTo(out);
        if (!session.enabled().rev2()) {
            CountResponse.recent(selected.recent().size()).writeTo(out);
            if (session.enabled().numbering() == Numbering.SEQUENCE) {
                tellFirstUnseen(out, view, view.andNot(snapshot.with(Flag.Standard.SEEN)));
            }
        }
        tell(out, new ResponseCode.Validity(mailbox.uidValidity()), "UIDs are valid");
        // Another session may have appended since the row was read: what the snapshot knows is more than UIDNEXT says.
        long next = Math.max(mailbox.uidNext(), view.last() + 1);
        if (next <= Uid.MAX) {
            tell(out, new ResponseCode.UidNext(new Uid(next)), "predicted next UID");
        }
        var id = new ObjectId(ObjectId.Kind.MAILBOX, mailbox.id().value());
        tell(out, new ResponseCode.MailboxObjectId(id), "whatever its name is");
    }

    private static void tellFirstUnseen(WireWriter out, UidSet view, UidSet unseen) throws IOException {
        if (!unseen.isEmpty()) {
            tell(out, new ResponseCode.Unseen(view.rank(unseen.first())), "first unseen message");
        }
    }

    private static void tell(WireWriter out, ResponseCode code, String text) throws IOException {
        StatusResponse.ok(Tag.UNTAGGED, code, text).writeTo(out);
    }

    /**
     * Expunges without a word (RFC 3501 §6.4.2), unless the mailbox is open for reading only; HIGHESTMODSEQ would have the
     * client miss it (RFC 7162 §3.2.8).
     */
    Done close(State.Selected state) {
        SelectedMailbox mailbox = state.mailbox();
        if (!mailbox.isReadOnly()) {
            expungeSilently(mailbox);
        }
        return Done.of(new State.Authenticated(state.account()), "CLOSE completed");
    }

    /** While nothing can be written, nothing is expunged: CLOSE knows no NO. */
    private void expungeSilently(SelectedMailbox mailbox) {
        try {
            storage.expunges().expunge(mailbox.id(), mailbox.view()).change().ifPresent(mailbox::goneSilently);
        } catch (StorageException refused) {
            if (refused.reason() != Reason.READ_ONLY) {
                throw refused;
            }
        }
    }

    Done unselect(State.Selected state) {
        return Done.of(new State.Authenticated(state.account()), "UNSELECT completed");
    }
}
