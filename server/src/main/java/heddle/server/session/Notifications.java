package heddle.server.session;

import heddle.protocol.Event;
import heddle.protocol.FetchItem;
import heddle.protocol.MailboxName;
import heddle.protocol.StatusItem;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.NotifyCommand.Now;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.WireWriter;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.storage.AccountId;
import heddle.storage.Feed;
import heddle.storage.Mailbox;
import heddle.storage.MailboxId;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client that has used NOTIFY is told without asking, between commands and in IDLE (RFC 5465). All is called with the
 * output lock held: the feed only leaves notes, of which a {@link Pusher} tells.
 */
public final class Notifications implements AutoCloseable {
    /** Writes responses as commands are answered with. */
    public interface Answers {
        /** Tells items of messages, as FETCH does. */
        void fetch(Session session, SelectedMailbox mailbox, List<FetchItem> items, UidSet uids) throws IOException;

        /** Tells items of a mailbox, as STATUS does. */
        void status(WireWriter out, Mailbox mailbox, Set<StatusItem> items) throws IOException;
    }

    private final Session session;
    private final Storage storage;
    private final Answers answers;
    private final Pusher pusher;
    private Interest interest;
    private @Nullable OtherMailboxes others;
    private @Nullable Selection selection;
    private boolean isIdle;

    /** The selected mailbox; it is watched when the client wants to hear of it. */
    private record Selection(SelectedMailbox mailbox, SelectedNews news, Feed.@Nullable Watch watch) {
        void end() {
            if (watch != null) {
                watch.close();
            }
        }
    }

    private Notifications(Session session, Storage storage, Interest interest, Answers answers) {
        this.session = session;
        this.storage = storage;
        this.interest = interest;
        this.answers = answers;
        pusher = new Pusher(session, this::tell);
    }

    /**
     * Begins to listen.
     *
     * @param now whether {@link #tell} tells what the mailboxes are like
     * @param most so many names, and so many mailboxes, it may be about
     * @throws RefusedException when it would be about more
     * @throws StorageException {@code UNAVAILABLE}
     */
    public static Notifications begin(
            Session session,
            Storage storage,
            AccountId account,
            EventFilter filter,
            Now now,
            Answers answers,
            int most) {
        if (filter.names() > most) {
            throw tooMany();
        }
        var notifications = new Notifications(session, storage, filter.selected(), answers);
        if (filter.wants(EnumSet.allOf(Event.class))) {
            notifications.beginOthers(account, filter, now, most);
        }
        return notifications;
    }

    private void beginOthers(AccountId account, EventFilter filter, Now now, int most) {
        var statuses = new StatusNews(storage, account, filter, session.enabled(), answers, pusher::wake);
        var all = new OtherMailboxes(
                storage.feed(), storage.mailboxes(), account, new ListNews(filter), statuses, most, pusher::wake);
        boolean fits = false;
        try {
            fits = all.begin(now);
        } finally {
            if (!fits) {
                all.close();
            }
        }
        if (!fits) {
            throw tooMany();
        }
        others = all;
    }

    private static RefusedException tooMany() {
        return new RefusedException(Word.NOTIFICATIONOVERFLOW, "that would be too many mailboxes to tell of");
    }

    /** Keeps up with what a command has done to the session; called after each. */
    public void follow(State state) {
        SelectedMailbox now = state instanceof State.Selected selected ? selected.mailbox() : null;
        SelectedMailbox before = selection == null ? null : selection.mailbox;
        if (now != before) {
            leave();
            enter(now);
        } else if (now != null && !now.arrivals().isEmpty()) {
            pusher.wake();
        }
    }

    private void leave() {
        Selection left = selection;
        selection = null;
        if (left != null) {
            left.end();
            if (others != null) {
                others.statuses().left(left.mailbox.id(), left.mailbox.toldMessages());
            }
        }
    }

    private void enter(@Nullable SelectedMailbox mailbox) {
        if (others != null) {
            others.statuses().selected(mailbox == null ? null : mailbox.id());
        }
        if (mailbox != null) {
            mailbox.interest(interest);
            var news = new SelectedNews(mailbox, pusher::wake);
            Feed.Watch watch = null;
            if (interest.inMessages()) {
                watch = storage.feed().watch(mailbox.id(), news);
                news.ask();
            }
            selection = new Selection(mailbox, news, watch);
        }
    }

    /** Says whether the client waits in IDLE, where it may always hear that messages are gone. */
    public void idle(boolean nowIdle) {
        isIdle = nowIdle;
        follow(session.state());
    }

    /** Tells what is not told yet as soon as it can be. */
    public void tellLater() {
        pusher.wake();
    }

    /** Tells all that is not told yet. */
    public void tell(WireWriter out) throws IOException {
        if (selection != null && interest.inMessages()) {
            tellSelected(selection);
        }
        if (session.state() instanceof State.Logout) {
            return;
        }
        if (others != null && !others.tell(out)) {
            StatusResponse.ok(Tag.UNTAGGED, Word.NOTIFICATIONOVERFLOW, "there are too many mailboxes to tell of now")
                    .writeTo(out);
            stop();
        }
    }

    private void tellSelected(Selection selected) throws IOException {
        SelectedMailbox mailbox = selected.mailbox;
        Expunges expunges = isIdle ? Expunges.TOLD : interest.betweenCommands();
        selected.news.tell(session, expunges);
        UidSet arrived = mailbox.arrivals();
        if (!arrived.isEmpty() && !(session.state() instanceof State.Logout)) {
            answers.fetch(session, mailbox, interest.arrivals(), arrived);
            mailbox.known(arrived);
        }
    }

    /** Tells nothing more, as after {@code NOTIFY NONE}. */
    private void stop() {
        interest = Interest.NONE;
        if (others != null) {
            others.close();
            others = null;
        }
        if (selection != null) {
            selection.end();
            selection.mailbox.interest(interest);
        }
    }

    /** The client itself has created mailboxes. */
    public void created(Map<MailboxName, MailboxId> made) {
        own(names -> names.created(made));
        if (others != null) {
            others.statuses().created(made.values());
        }
    }

    /** The client itself has deleted a mailbox. */
    public void deleted(MailboxName name) {
        own(names -> names.deleted(name));
    }

    /** The client itself has renamed a mailbox, and with it those below. */
    public void renamed(MailboxName from, MailboxName to) {
        own(names -> names.renamed(from, to));
    }

    /** The client itself has subscribed a name. */
    public void subscribed(MailboxName name) {
        own(names -> names.subscribed(name));
    }

    /** The client itself has unsubscribed a name. */
    public void unsubscribed(MailboxName name) {
        own(names -> names.unsubscribed(name));
    }

    private void own(Consumer<ListNews> change) {
        if (others != null) {
            change.accept(others.names());
        }
    }

    /** The client itself has made one change to the messages of a mailbox. */
    public void changed(MailboxId mailbox) {
        if (others != null) {
            others.statuses().ownChange(mailbox);
        }
    }

    /** Ends; nothing is told from now on. */
    @Override
    public void close() {
        pusher.end();
        stop();
    }
}
