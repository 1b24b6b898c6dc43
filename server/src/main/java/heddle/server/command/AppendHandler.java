package heddle.server.command;

import heddle.protocol.MailboxName;
import heddle.protocol.Tag;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.command.AppendCommand;
import heddle.protocol.command.AppendMessage;
import heddle.protocol.command.AppendMessage.Form;
import heddle.protocol.command.AppendMessages;
import heddle.protocol.command.ReplaceCommand;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.server.config.ServerConfig;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.server.spool.Arrival;
import heddle.server.spool.Spool;
import heddle.server.spool.SpooledMessage;
import heddle.storage.Appended;
import heddle.storage.Mailbox;
import heddle.storage.Messages.Replaced;
import heddle.storage.NewMessage;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** APPEND of one or several messages, all or none, and REPLACE (RFC 3501 §6.3.11, RFC 3502, RFC 4315 §3, RFC 8508, RFC 6855 §4). */
final class AppendHandler {
    private static final Logger LOG = System.getLogger(AppendHandler.class.getName());

    private static final byte[] NO_TRACE = {};

    /** A message of more bytes than this is asked for only when there is a mailbox for it. */
    private static final long WORTH_ASKING = 64 << 10;

    private final Storage storage;
    private final ListHandler list;
    private final Spool spool;
    private final ServerConfig.Limits limits;

    /** @param limits all messages of a command may be as large as one alone: what is kept of each until all are stored adds up */
    AppendHandler(Storage storage, ListHandler list, Spool spool, ServerConfig.Limits limits) {
        this.storage = storage;
        this.list = list;
        this.spool = spool;
        this.limits = limits;
    }

    Done append(AppendCommand command, Session session, State.LoggedIn user) throws IOException {
        try (Arrival arrival = spool.arrivalOf(user.account().id())) {
            MailboxName mailbox = command.mailbox().name();
            List<NewMessage> messages = receive(command.messages(), mailbox, session, user, arrival);
            Appended appended = store(mailbox, user, messages);
            list.tellAlias(session, user, command.mailbox());
            session.notifications().ifPresent(told -> told.changed(appended.mailbox()));
            if (user instanceof State.Selected selected
                    && selected.mailbox().id().equals(appended.mailbox())) {
                selected.mailbox().pollAdded(session.out());
                selected.mailbox().known(appended.uids());
            }
            return new Done(user, new ResponseCode.AppendUid(appended.validity(), appended.uids()), "APPEND completed");
        }
    }

    private Appended store(MailboxName mailbox, State.LoggedIn user, List<NewMessage> messages) {
        try {
            return storage.messages()
                    .append(
                            user.account().id(),
                            mailbox,
                            messages,
                            user.account().quota());
        } catch (StorageException failed) {
            throw failed.reason() == Reason.NOT_FOUND ? noSuchMailbox() : failed;
        } catch (IOException unreadable) {
            throw notSpooled(unreadable);
        }
    }

    private static RuntimeException noSuchMailbox() {
        return new RefusedException(Word.TRYCREATE, "no such mailbox");
    }

    /**
     * APPENDUID comes before the client hears that the old message is gone, so that it knows what took its place (RFC 8508
     * §4.3).
     */
    Done replace(ReplaceCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        Commands.requireWritable(mailbox);
        UidSet replaced = mailbox.resolve(command.numbering(), command.replaced());
        if (replaced.isEmpty()) {
            throw new RefusedException(Word.NONEXISTENT, "no such message");
        }
        Mailbox target = storage.mailboxes()
                .find(state.account().id(), command.mailbox())
                .orElseThrow(AppendHandler::noSuchMailbox);
        try (Arrival arrival = spool.arrivalOf(state.account().id())) {
            NewMessage message = receive(command.message(), command.mailbox(), session, state, arrival)
                    .getFirst();
            Replaced done = storage.messages()
                    .replace(
                            mailbox.id(),
                            new Uid(replaced.first()),
                            target,
                            message,
                            state.account().quota());
            Appended appended = done.appended();
            session.notifications().ifPresent(told -> told.changed(appended.mailbox()));
            StatusResponse.ok(
                            Tag.UNTAGGED,
                            new ResponseCode.AppendUid(appended.validity(), appended.uids()),
                            "the replacement is stored")
                    .writeTo(session.out());
            mailbox.tellExpunged(session.out(), done.gone().modSeq(), Optional.of(done.gone()));
            if (appended.mailbox().equals(mailbox.id())) {
                mailbox.known(appended.uids());
            }
            return new Done(state, Commands.expunged(session, mailbox, Optional.of(done.gone())), "REPLACE completed");
        }
    }

    private List<NewMessage> receive(
            AppendMessages arriving, MailboxName mailbox, Session session, State.LoggedIn user, Arrival arrival)
            throws IOException {
        var messages = new ArrayList<NewMessage>();
        long bytes = 0;
        for (Optional<AppendMessage> next = arriving.next(); next.isPresent(); next = arriving.next()) {
            AppendMessage message = next.get();
            if (message.form() == Form.UTF8 && !session.enabled().utf8()) {
                throw new RefusedException(Word.CANNOT, "ENABLE UTF8=ACCEPT comes first");
            }
            if (messages.isEmpty() && message.message().size() > WORTH_ASKING) {
                // Before it is sent in vain; storing a small one tells soon enough.
                if (storage.mailboxes().find(user.account().id(), mailbox).isEmpty()) {
                    throw noSuchMailbox();
                }
            }
            bytes += message.message().size();
            if (messages.size() == limits.requests().appendMessages() || bytes > limits.message()) {
                throw new RefusedException(Word.LIMIT, "too many messages at once");
            }
            if (message.message().size() == 0) {
                // The client has changed its mind (RFC 3502 §6.3.11).
                throw new RefusedException(null, "an empty message ends the APPEND");
            }
            SpooledMessage stored = arrival.newMessage();
            receive(message, stored);
            messages.add(new NewMessage(stored, message.flags(), message.internalDate(), NO_TRACE));
        }
        return messages;
    }

    private static void receive(AppendMessage message, SpooledMessage arriving) throws IOException {
        boolean mayHoldNul = message.message().isBinary();
        boolean hasNul = false;
        var buffer = new byte[(int) Math.min(16 << 10, message.message().size())];
        InputStream in = message.message().open();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            hasNul |= !mayHoldNul && hasNul(buffer, count);
            spool(arriving, buffer, count);
        }
        if (hasNul) {
            throw new SyntaxException("a literal holds no NUL; literal8 does");
        }
    }

    private static void spool(SpooledMessage arriving, byte[] buffer, int count) {
        try {
            arriving.write(buffer, 0, count);
        } catch (IOException full) {
            throw notSpooled(full);
        }
    }

    /** It is our disk that fails, and not the client that is gone. */
    private static RefusedException notSpooled(IOException failed) {
        LOG.log(Level.WARNING, "a message could not be spooled: {0}", failed.toString());
        return new RefusedException(Word.UNAVAILABLE, "there is no room for messages that arrive");
    }

    private static boolean hasNul(byte[] buffer, int count) {
        for (int i = 0; i < count; i++) {
            if (buffer[i] == 0) {
                return true;
            }
        }
        return false;
    }
}
