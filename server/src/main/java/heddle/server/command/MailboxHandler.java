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

/** CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and NAMESPACE (RFC 3501 §6.3.3 to §6.3.7, RFC 2342, RFC 8474 §4.1). */
final class MailboxHandler {
    private final Mailboxes mailboxes;

    MailboxHandler(Mailboxes mailboxes) {
        this.mailboxes = mailboxes;
    }

    Done create(CreateCommand command, State.LoggedIn user) {
        MailboxId created = mailboxes.create(user.account().id(), command.mailbox(), command.uses());
        var id = new ObjectId(ObjectId.Kind.MAILBOX, created.value());
        return new Done(user, new ResponseCode.MailboxObjectId(id), "CREATE completed");
    }

    Done delete(DeleteCommand command, State.LoggedIn user) {
        mailboxes.delete(user.account().id(), command.mailbox());
        return Done.of(user, "DELETE completed");
    }

    Done rename(RenameCommand command, State.LoggedIn user) {
        mailboxes.rename(user.account().id(), command.from(), command.to());
        return Done.of(user, "RENAME completed");
    }

    Done subscribe(SubscribeCommand command, State.LoggedIn user) {
        mailboxes.subscribe(user.account().id(), command.mailbox());
        return Done.of(user, "SUBSCRIBE completed");
    }

    /** A name that is not subscribed is no error: clients clean up names they only suspect. */
    Done unsubscribe(UnsubscribeCommand command, State.LoggedIn user) {
        mailboxes.unsubscribe(user.account().id(), command.mailbox());
        return Done.of(user, "UNSUBSCRIBE completed");
    }

    Done namespace(Session session, State.LoggedIn user) throws IOException {
        var personal = new Namespace("", MailboxName.SEPARATOR);
        new NamespaceResponse(List.of(personal), List.of(), List.of()).writeTo(session.out());
        return Done.of(user, "NAMESPACE completed");
    }
}
