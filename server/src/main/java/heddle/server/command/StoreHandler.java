package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.Numbering;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.StoreCommand;
import heddle.protocol.command.StoreCommand.Answer;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.RefusedException;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Change;
import heddle.storage.FlagChanges;
import heddle.storage.FlagChanges.Conditional;
import heddle.storage.FlagChanges.Stored;
import heddle.storage.Snapshot;
import heddle.storage.Storage;
import java.io.IOException;

/** STORE and UID STORE (RFC 3501 §6.4.6, RFC 7162 §3.1.3, RFC 9585). */
final class StoreHandler {
    private final Storage storage;
    private final Progress.Clock progress;

    StoreHandler(Storage storage, Progress.Clock progress) {
        this.storage = storage;
        this.progress = progress;
    }

    Done store(Tag tag, StoreCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        Commands.requireWritable(mailbox);
        UidSet uids = mailbox.resolve(command.numbering(), command.messages());
        if (command.unchangedSince() != null) {
            session.enable(Extension.CONDSTORE);
        }
        if (uids.isEmpty()) {
            return Done.of(state, "STORE completed, no such message");
        }
        Conditional done;
        try (var _ = progress.of(session, tag)) {
            done = store(command, mailbox, uids);
        }
        Stored stored = done.stored();
        // RFC 3501 §7.4.1: no EXPUNGE in answer to STORE, whose numbers the client may have used for its next command.
        Expunges expunges = command.numbering() == Numbering.UID ? Expunges.TOLD : Expunges.WITHHELD;
        UidSet withFlags = command.answer() == Answer.FLAGS ? uids : done.newer();
        mailbox.tellStored(session.out(), expunges, stored, withFlags, changed(command, stored, uids));
        mailbox.tellIfBehind(session.out());
        Snapshot now = mailbox.snapshot();
        if (!uids.andNot(now.uids()).isEmpty() && uids.and(now.uids()).isEmpty()) {
            throw new RefusedException(Word.EXPUNGEISSUED, "these messages no longer exist");
        }
        if (done.spared().isEmpty()) {
            return Done.of(state, "STORE completed");
        }
        UidSet spared = command.numbering() == Numbering.UID ? done.spared() : mailbox.numbers(done.spared());
        return new Done(state, new ResponseCode.Modified(spared), "STORE completed, some have changed before");
    }

    private Conditional store(StoreCommand command, SelectedMailbox mailbox, UidSet uids) {
        FlagChanges changes = storage.flagChanges();
        if (command.unchangedSince() == null) {
            Stored stored = changes.store(mailbox.id(), uids, mode(command.change()), command.flags());
            return new Conditional(stored, UidSet.EMPTY, UidSet.EMPTY);
        }
        return changes.storeUnchanged(
                mailbox.id(), uids, command.unchangedSince(), mode(command.change()), command.flags());
    }

    /** With UNCHANGEDSINCE the modseq is told of each message that passed, whether it changed or not (RFC 7162 §3.1.3). */
    private static UidSet changed(StoreCommand command, Stored stored, UidSet uids) {
        return command.unchangedSince() != null
                ? uids
                : stored.change().map(Change::uids).orElse(UidSet.EMPTY);
    }

    private static FlagChanges.Mode mode(StoreCommand.Change change) {
        return switch (change) {
            case ADD -> FlagChanges.Mode.ADD;
            case REMOVE -> FlagChanges.Mode.REMOVE;
            case REPLACE -> FlagChanges.Mode.REPLACE;
        };
    }
}
