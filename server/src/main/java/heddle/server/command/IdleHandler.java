package heddle.server.command;

import heddle.protocol.response.ContinuationResponse;
import heddle.server.session.Notifications;
import heddle.server.session.Pusher;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.SelectedNews;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Feed;
import java.io.IOException;
import java.util.Optional;

/**
 * IDLE (RFC 2177): while the connection's thread waits for DONE, changes are pushed by another one, which is started when
 * there is something to tell and ends when it is told. At most one for each session.
 */
final class IdleHandler {
    private final Feed feed;

    IdleHandler(Feed feed) {
        this.feed = feed;
    }

    /** A client that has used NOTIFY hears in IDLE what it hears otherwise (RFC 5465 §4). */
    Done idle(Session session, State.LoggedIn user) throws IOException {
        Optional<Notifications> notifications = session.notifications();
        if (notifications.isPresent()) {
            if (user instanceof State.Selected selected) {
                Commands.poll(session, selected.mailbox());
            }
            notifications.get().idle(true);
            try {
                awaitDone(session);
            } finally {
                notifications.get().idle(false);
            }
        } else if (user instanceof State.Selected selected) {
            var idle = new Idle(session, selected.mailbox());
            // Interest comes first, then the look at the database: nothing is missed in between.
            try (Feed.Watch _ = feed.watch(selected.mailbox().id(), idle.news)) {
                Commands.poll(session, selected.mailbox());
                awaitDone(session);
            } finally {
                idle.pusher.end();
            }
        } else {
            awaitDone(session);
        }
        return Done.of(user, "IDLE completed");
    }

    /** Lets go of the output lock, which the pusher needs, until the client has enough. */
    private static void awaitDone(Session session) throws IOException {
        new ContinuationResponse("idling").writeTo(session.out());
        session.out().flush();
        session.output().unlock();
        try {
            session.transport().idle(true);
            session.commands().idleDone();
        } finally {
            session.output().lock();
            session.transport().idle(false);
        }
    }

    /** One client that idles. */
    private static final class Idle {
        final Pusher pusher;
        final SelectedNews news;

        Idle(Session session, SelectedMailbox mailbox) {
            pusher = new Pusher(session, _ -> tell(session));
            news = new SelectedNews(mailbox, pusher::wake);
        }

        private void tell(Session session) throws IOException {
            news.tell(session, Expunges.TOLD);
        }
    }
}
