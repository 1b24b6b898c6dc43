package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.StatusItem;
import heddle.protocol.command.StatusCommand;
import heddle.protocol.response.MailboxStatusResponse;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.WireWriter;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Mailbox;
import heddle.storage.Mailboxes;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** STATUS (RFC 3501 §6.3.10, RFC 8438, RFC 7889, RFC 7162, RFC 8474): what the mailbox's row says. */
final class StatusHandler {
    private final Mailboxes mailboxes;
    private final long appendLimit;

    StatusHandler(Mailboxes mailboxes, long appendLimit) {
        this.mailboxes = mailboxes;
        this.appendLimit = appendLimit;
    }

    Done status(StatusCommand command, Session session, State.LoggedIn user) throws IOException {
        Mailbox mailbox = mailboxes
                .find(user.account().id(), command.mailbox())
                .orElseThrow(() -> new RefusedException(Word.NONEXISTENT, "no such mailbox"));
        enable(session, command.items());
        tell(session, user, mailbox, command.items());
        return Done.of(user, "STATUS completed");
    }

    /** Of the mailbox that is selected, the client learns by this what it would learn by NOOP, so that the two agree. */
    void tell(Session session, State.LoggedIn user, Mailbox mailbox, Set<StatusItem> items) throws IOException {
        if (user instanceof State.Selected selected && selected.mailbox().id().equals(mailbox.id())) {
            selected.mailbox().tell(session.out(), mailbox.highestModSeq(), Expunges.TOLD);
        }
        tell(session.out(), mailbox, items);
    }

    /** Who asks for a modseq wants them all (RFC 7162 §3.1). */
    static void enable(Session session, Set<StatusItem> items) throws IOException {
        if (items.contains(StatusItem.HIGHESTMODSEQ)) {
            session.enable(Extension.CONDSTORE);
        }
    }

    void tell(WireWriter out, Mailbox mailbox, Set<StatusItem> items) throws IOException {
        Map<StatusItem, Long> values = new EnumMap<>(StatusItem.class);
        for (StatusItem item : items) {
            values.put(item, value(mailbox, item));
        }
        new MailboxStatusResponse(mailbox.name(), values).writeTo(out);
    }

    private long value(Mailbox mailbox, StatusItem item) {
        return switch (item) {
            case MESSAGES -> mailbox.counters().messages();
            case RECENT ->
                Math.min(
                        mailbox.counters().messages(),
                        Math.max(0, mailbox.uidNext() - mailbox.counters().recentUid()));
            case UIDNEXT -> mailbox.uidNext();
            case UIDVALIDITY -> mailbox.uidValidity().value();
            case UNSEEN -> mailbox.counters().unseen();
            case DELETED -> mailbox.counters().deleted();
            case SIZE -> mailbox.counters().bytes();
            case HIGHESTMODSEQ -> mailbox.highestModSeq().value();
            case MAILBOXID -> mailbox.id().value();
            case APPENDLIMIT -> appendLimit;
        };
    }
}
