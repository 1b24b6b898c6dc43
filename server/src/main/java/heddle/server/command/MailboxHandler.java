package heddle.server.command;

import heddle.protocol.MailboxName;
import heddle.protocol.ObjectId;
import heddle.protocol.command.CreateCommand;
import heddle.protocol.command.DeleteCommand;
import heddle.protocol.command.RenameCommand;
import heddle.protocol.command.SubscribeCommand;
import heddle.protocol.command.UnsubscribeCommand;
import heddle.protocol.response.NamespaceResponse;
import heddle.protocol.response.NamespaceResponse.Namespace;
import heddle.protocol.response.ResponseCode;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.MailboxId;
import heddle.storage.Mailboxes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and NAMESPACE (RFC 3501 §6.3.3 to §6.3.7, RFC 2342, RFC 8474 §4.1, RFC 9051
 * §6.3.4 to §6.3.6). */
final class MailboxHandler {
    private final Mailboxes mailboxes;
    private final ListHandler list;

    MailboxHandler(Mailboxes mailboxes, ListHandler list) {
        this.mailboxes = mailboxes;
        this.list = list;
    }

    Done create(CreateCommand command, Session session, State.LoggedIn user) throws IOException {
        MailboxName name = command.mailbox().name();
        Map<MailboxName, MailboxId> made = mailboxes.create(user.account().id(), name, command.uses());
        session.notifications().ifPresent(told -> told.created(made));
        list.tellAlias(session, user, command.mailbox());
        var id = new ObjectId(
                ObjectId.Kind.MAILBOX, Objects.requireNonNull(made.get(name)).value());
        return new Done(user, new ResponseCode.MailboxObjectId(id), "CREATE completed");
    }

    Done delete(DeleteCommand command, Session session, State.LoggedIn user) throws IOException {
        mailboxes.delete(user.account().id(), command.mailbox().name());
        session.notifications().ifPresent(told -> told.deleted(command.mailbox().name()));
        list.tellAlias(session, user, command.mailbox());
        return Done.of(user, "DELETE completed");
    }

    /** INBOX gives its messages to the new mailbox, and not its name. */
    Done rename(RenameCommand command, Session session, State.LoggedIn user) throws IOException {
        MailboxName from = command.from().name();
        Mailboxes.Renamed renamed =
                mailboxes.rename(user.account().id(), from, command.to().name());
        session.notifications().ifPresent(told -> {
            told.renamed(from, command.to().name());
            told.created(renamed.made());
            renamed.changed().forEach(told::changed);
        });
        if (from.isInbox()) {
            list.tellAlias(session, user, command.to());
        } else {
            list.tellOldName(session, user, command.to().name(), command.from().given());
        }
        return Done.of(user, "RENAME completed");
    }

    Done subscribe(SubscribeCommand command, Session session, State.LoggedIn user) {
        mailboxes.subscribe(user.account().id(), command.mailbox());
        session.notifications().ifPresent(told -> told.subscribed(command.mailbox()));
        return Done.of(user, "SUBSCRIBE completed");
    }

    /** A name that is not subscribed is no error: clients clean up names they only suspect. */
    Done unsubscribe(UnsubscribeCommand command, Session session, State.LoggedIn user) {
        mailboxes.unsubscribe(user.account().id(), command.mailbox());
        session.notifications().ifPresent(told -> told.unsubscribed(command.mailbox()));
        return Done.of(user, "UNSUBSCRIBE completed");
    }

    Done namespace(Session session, State.LoggedIn user) throws IOException {
        var personal = new Namespace("", MailboxName.SEPARATOR);
        new NamespaceResponse(List.of(personal), List.of(), List.of()).writeTo(session.out());
        return Done.of(user, "NAMESPACE completed");
    }
}
