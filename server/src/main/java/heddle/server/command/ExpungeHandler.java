package heddle.server.command;

import heddle.protocol.Numbering;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.ExpungeCommand;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Expunges.Expunged;
import heddle.storage.Storage;
import java.io.IOException;

/** EXPUNGE and UID EXPUNGE (RFC 3501 §6.4.3, RFC 4315 §2.1, RFC 7162 §3.2.7, RFC 9585). */
final class ExpungeHandler {
    private final Storage storage;
    private final Progress.Clock progress;

    ExpungeHandler(Storage storage, Progress.Clock progress) {
        this.storage = storage;
        this.progress = progress;
    }

    Done expunge(Tag tag, ExpungeCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        Commands.requireWritable(mailbox);
        UidSet uids = command.uids() == null ? mailbox.view() : mailbox.resolve(Numbering.UID, command.uids());
        Expunged expunged;
        try (var _ = progress.of(session, tag)) {
            expunged = storage.expunges().expunge(mailbox.id(), uids);
        }
        mailbox.tellExpunged(session.out(), expunged.modSeq(), expunged.change());
        return new Done(state, Commands.expunged(session, mailbox, expunged.change()), "EXPUNGE completed");
    }
}
