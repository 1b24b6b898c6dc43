package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.FetchItem;
import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.StatusItem;
import heddle.protocol.UidSet;
import heddle.protocol.command.EventGroup;
import heddle.protocol.command.NotifyCommand;
import heddle.protocol.wire.WireWriter;
import heddle.server.session.EventFilter;
import heddle.server.session.Notifications;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Mailbox;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** NOTIFY (RFC 5465). */
final class NotifyHandler implements Notifications.Answers {
    private final Storage storage;
    private final FetchHandler fetch;
    private final StatusHandler status;
    private final int most;

    /** @param most so many names, and so many mailboxes, one NOTIFY may be about */
    NotifyHandler(Storage storage, FetchHandler fetch, StatusHandler status, int most) {
        this.storage = storage;
        this.fetch = fetch;
        this.status = status;
        this.most = most;
    }

    /** What is refused leaves it at what was asked before. What is done begins with what NOOP would tell (RFC 5465 §3.1). */
    Done handle(NotifyCommand command, Session session, State.LoggedIn user) throws IOException {
        Notifications begun = Notifications.begin(
                session, storage, user.account().id(), new EventFilter(command.groups()), command.now(), this, most);
        session.notifications(begun);
        for (EventGroup group : command.groups()) {
            if (group.arrivals().contains(Attribute.MODSEQ)) {
                session.enable(Extension.CONDSTORE);
            }
        }
        begin(command, session, user, begun);
        return Done.of(user, "NOTIFY completed");
    }

    /** From here on it is in effect, and what cannot be asked for now is told when it can. */
    private static void begin(NotifyCommand command, Session session, State.LoggedIn user, Notifications begun)
            throws IOException {
        try {
            if (user instanceof State.Selected selected && !command.groups().isEmpty()) {
                Commands.poll(session, selected.mailbox());
            }
            begun.follow(user);
            begun.tell(session.out());
        } catch (StorageException away) {
            if (!session.out().cutBack()) {
                throw new IOException("a response was left half written", away);
            }
            begun.follow(user);
            begun.tellLater();
        }
    }

    @Override
    public void fetch(Session session, SelectedMailbox mailbox, List<FetchItem> items, UidSet uids) throws IOException {
        fetch.tellArrivals(session, mailbox, items, uids);
    }

    @Override
    public void status(WireWriter out, Mailbox mailbox, Set<StatusItem> items) throws IOException {
        status.tell(out, mailbox, items);
    }
}
