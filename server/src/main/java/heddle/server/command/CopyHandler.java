package heddle.server.command;

import heddle.protocol.MailboxName;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.CopyCommand;
import heddle.protocol.command.MoveCommand;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.RefusedException;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Copies.Copied;
import heddle.storage.Mailbox;
import heddle.storage.Storage;
import java.io.IOException;

/** COPY and MOVE (RFC 3501 §6.4.7, RFC 6851, RFC 4315 §3, RFC 7162, RFC 9585). */
final class CopyHandler {
    private final Storage storage;
    private final Progress.Clock progress;

    CopyHandler(Storage storage, Progress.Clock progress) {
        this.storage = storage;
        this.progress = progress;
    }

    Done copy(Tag tag, CopyCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        UidSet uids = mailbox.resolve(command.numbering(), command.messages());
        Mailbox target = target(state, command.to());
        if (uids.isEmpty()) {
            return Done.of(state, "COPY completed, no such message");
        }
        Copied copied;
        try (var _ = progress.of(session, tag)) {
            copied = storage.copies()
                    .copy(mailbox.id(), target, uids, state.account().quota());
        }
        session.notifications().ifPresent(told -> told.changed(copied.target()));
        if (copied.target().equals(mailbox.id())) {
            mailbox.pollAdded(session.out());
            mailbox.known(copied.to());
        }
        return new Done(state, copyUid(copied), "COPY completed");
    }

    /** COPYUID comes first, so that the client knows the copies before the originals are gone (RFC 6851 §4.3). */
    Done move(Tag tag, MoveCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        Commands.requireWritable(mailbox);
        UidSet uids = mailbox.resolve(command.numbering(), command.messages());
        Mailbox target = target(state, command.to());
        Copied moved;
        try (var _ = progress.of(session, tag)) {
            moved = storage.copies().move(mailbox.id(), target, uids);
        }
        if (moved.gone().isPresent()) {
            session.notifications().ifPresent(told -> told.changed(moved.target()));
            StatusResponse.ok(Tag.UNTAGGED, copyUid(moved), "moved").writeTo(session.out());
            mailbox.tellExpunged(session.out(), moved.gone().get().modSeq(), moved.gone());
            if (moved.target().equals(mailbox.id())) {
                mailbox.known(moved.to());
            }
        } else {
            Commands.poll(session, mailbox);
        }
        return new Done(
                state,
                Commands.expunged(session, mailbox, moved.gone()),
                moved.gone().isPresent() ? "MOVE completed" : "MOVE completed, no such message");
    }

    private Mailbox target(State.Selected state, MailboxName name) {
        return storage.mailboxes()
                .find(state.account().id(), name)
                .orElseThrow(() -> new RefusedException(Word.TRYCREATE, "no such mailbox"));
    }

    private static ResponseCode copyUid(Copied copied) {
        return new ResponseCode.CopyUid(copied.validity(), copied.from(), copied.to());
    }
}
