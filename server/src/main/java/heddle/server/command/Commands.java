package heddle.server.command;

import heddle.protocol.Capability;
import heddle.protocol.Extension;
import heddle.protocol.Numbering;
import heddle.protocol.Tag;
import heddle.protocol.command.*;
import heddle.protocol.response.CapabilityResponse;
import heddle.protocol.response.EnabledResponse;
import heddle.protocol.response.IdResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.server.authentication.Authenticator;
import heddle.server.config.ServerConfig;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.Session;
import heddle.server.session.SessionSettings;
import heddle.server.session.State;
import heddle.server.spool.Spool;
import heddle.storage.Change;
import heddle.storage.Storage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sends each command to its handler; the one place that says which state allows what. */
public final class Commands {
    private static final Logger LOG = System.getLogger(Commands.class.getName());

    private final Capabilities capabilities;
    private final LoginHandler login;
    private final SelectHandler select;
    private final MailboxHandler mailboxes;
    private final ListHandler list;
    private final StatusHandler status;
    private final AppendHandler append;
    private final IdleHandler idle;
    private final NotifyHandler notify;
    private final FetchHandler fetch;
    private final SearchHandler search;
    private final StoreHandler store;
    private final CopyHandler copy;
    private final ExpungeHandler expunge;

    public Commands(Storage storage, Authenticator authenticator, Spool spool, SessionSettings settings) {
        ServerConfig.Limits limits = settings.limits();
        capabilities = new Capabilities(settings);
        login = new LoginHandler(authenticator, capabilities, settings);
        status = new StatusHandler(storage.mailboxes(), limits.message());
        list = new ListHandler(storage.mailboxes(), status, limits.requests().patternLength());
        select = new SelectHandler(storage, list);
        mailboxes = new MailboxHandler(storage.mailboxes(), list);
        append = new AppendHandler(storage, list, spool, limits);
        idle = new IdleHandler(storage.feed());
        fetch = new FetchHandler(storage);
        notify = new NotifyHandler(storage, fetch, status, limits.requests().notifyMailboxes());
        var progress = new Progress.Clock(settings.timeouts().progress());
        search = new SearchHandler(storage, progress, limits.requests().modSeqKeys());
        store = new StoreHandler(storage, progress);
        copy = new CopyHandler(storage, progress);
        expunge = new ExpungeHandler(storage, progress);
    }

    /** {@return what this session can be offered now} */
    public List<Capability> capabilities(Session session) {
        return capabilities.of(session);
    }

    /**
     * Carries a command out: untagged answers are written, the tagged one is returned.
     *
     * @throws RefusedException when the command is not allowed in this state, or not possible
     */
    public Done handle(Tag tag, Command command, Session session) throws IOException {
        State state = session.state();
        if (command.usesSequenceNumbers() && session.enabled().numbering() == Numbering.UID) {
            throw new SyntaxException(Word.UIDREQUIRED, "with UIDONLY there are no sequence numbers");
        }
        return switch (command) {
            case Command.AnyState any -> anyState(any, session);
            case Command.NotAuthenticated stranger
            when state instanceof State.NotAuthenticated -> notAuthenticated(stranger, session);
            case Command.Authenticated mail
            when state instanceof State.LoggedIn user -> authenticated(mail, session, user);
            case Command.Selected messages
            when state instanceof State.Selected selected -> selected(tag, messages, session, selected);
            case Command.NotAuthenticated _ -> throw new SyntaxException("you are logged in already");
            case Command.Authenticated _ -> throw new SyntaxException("log in first");
            case Command.Selected _ ->
                throw new SyntaxException(state instanceof State.LoggedIn ? "select a mailbox first" : "log in first");
        };
    }

    private Done anyState(Command.AnyState command, Session session) throws IOException {
        State state = session.state();
        return switch (command) {
            case CapabilityCommand() -> {
                new CapabilityResponse(capabilities.of(session)).writeTo(session.out());
                yield Done.of(state, "CAPABILITY completed");
            }
            case NoopCommand() -> {
                if (state instanceof State.Selected selected) {
                    poll(session, selected.mailbox());
                }
                yield Done.of(state, "NOOP completed");
            }
            case LogoutCommand() -> {
                StatusResponse.bye(null, "see you").writeTo(session.out());
                yield Done.of(new State.Logout(), "LOGOUT completed");
            }
            case IdCommand id -> {
                LOG.log(Level.DEBUG, "client {0}", id.fields());
                var self = new LinkedHashMap<String, String>();
                self.put("name", "Heddle");
                new IdResponse(self).writeTo(session.out());
                yield Done.of(state, "ID completed");
            }
        };
    }

    private Done notAuthenticated(Command.NotAuthenticated command, Session session) throws IOException {
        return switch (command) {
            case StartTlsCommand() -> login.startTls(session);
            case LoginCommand plain -> login.login(plain, session);
            case AuthenticateCommand sasl -> login.authenticate(sasl, session);
        };
    }

    private Done authenticated(Command.Authenticated command, Session session, State.LoggedIn user) throws IOException {
        return switch (command) {
            case SelectCommand chosen -> select.select(chosen, session, user);
            case CreateCommand create -> mailboxes.create(create, session, user);
            case DeleteCommand delete -> mailboxes.delete(delete, session, user);
            case RenameCommand rename -> mailboxes.rename(rename, session, user);
            case SubscribeCommand subscribe -> mailboxes.subscribe(subscribe, session, user);
            case UnsubscribeCommand unsubscribe -> mailboxes.unsubscribe(unsubscribe, session, user);
            case NamespaceCommand() -> mailboxes.namespace(session, user);
            case ListCommand wanted -> list.list(wanted, session, user);
            case LsubCommand wanted -> list.lsub(wanted, session, user);
            case StatusCommand asked -> status.status(asked, session, user);
            case AppendCommand messages -> append.append(messages, session, user);
            case IdleCommand() -> idle.idle(session, user);
            case NotifyCommand wanted -> notify.handle(wanted, session, user);
            case CompressCommand() -> {
                if (session.transport().isCompressed()) {
                    throw new SyntaxException("compression is active already");
                }
                yield Done.of(user, "DEFLATE begins now");
            }
            case UnauthenticateCommand() -> login.unauthenticate(session);
            case EnableCommand wanted -> enable(wanted, session, user);
        };
    }

    /** What this server does not know, or need not be told, is ignored (RFC 5161 §3.1). */
    private static Done enable(EnableCommand command, Session session, State.LoggedIn user) throws IOException {
        var enabled = new ArrayList<Capability>();
        for (Capability capability : command.capabilities()) {
            Optional<Extension> extension = Extension.of(capability);
            if (extension.isPresent() && session.enable(extension.get())) {
                enabled.add(extension.get().capability());
            }
        }
        new EnabledResponse(enabled).writeTo(session.out());
        return Done.of(user, "ENABLE completed");
    }

    private Done selected(Tag tag, Command.Selected command, Session session, State.Selected state) throws IOException {
        return switch (command) {
            case CheckCommand() -> {
                poll(session, state.mailbox());
                yield Done.of(state, "CHECK completed");
            }
            case CloseCommand() -> select.close(state);
            case UnselectCommand() -> select.unselect(state);
            case ExpungeCommand gone -> expunge.expunge(tag, gone, session, state);
            case SearchCommand wanted -> search.search(tag, wanted, session, state);
            case FetchCommand wanted -> fetch.fetch(wanted, session, state);
            case StoreCommand flags -> store.store(tag, flags, session, state);
            case CopyCommand copied -> copy.copy(tag, copied, session, state);
            case MoveCommand moved -> copy.move(tag, moved, session, state);
            case ReplaceCommand replaced -> append.replace(replaced, session, state);
        };
    }

    /** Tells what has changed in the selected mailbox; a session whose mailbox is deleted is over. */
    static void poll(Session session, SelectedMailbox mailbox) throws IOException {
        mailbox.poll(session.out(), Expunges.TOLD);
    }

    /** {@return the code of an OK when messages are gone and the client goes by modseqs (RFC 7162 §3.2.7)} */
    static @Nullable ResponseCode expunged(Session session, SelectedMailbox mailbox, Optional<Change> gone) {
        return gone.isPresent() && session.enabled().modSeqs()
                ? new ResponseCode.HighestModSeq(mailbox.highestModSeq())
                : null;
    }

    /** Lets go of what the session holds; called once, when the connection is over. */
    public void leave(Session session) {
        login.leave(session);
    }

    /** A mailbox that is open for reading only changes for nobody (RFC 3501 §6.3.2). */
    static void requireWritable(SelectedMailbox mailbox) {
        if (mailbox.isReadOnly()) {
            throw new RefusedException(Word.CANNOT, "the mailbox is open for reading only");
        }
    }
}
