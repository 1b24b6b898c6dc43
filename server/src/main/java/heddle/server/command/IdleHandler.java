package heddle.server.command;

import heddle.protocol.ModSeq;
import heddle.protocol.response.ContinuationResponse;
import heddle.protocol.response.StatusResponse;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.Feed;
import heddle.storage.StorageException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * IDLE (RFC 2177): while the connection's thread waits for DONE, changes are pushed by another one, which is started when
 * there is something to tell and ends when it is told. At most one for each session.
 */
final class IdleHandler {
    private static final Logger LOG = System.getLogger(IdleHandler.class.getName());

    /** How long a push waits that could not ask the database, before it tries again. */
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Feed feed;

    IdleHandler(Feed feed) {
        this.feed = feed;
    }

    Done idle(Session session, State.LoggedIn user) throws IOException {
        if (user instanceof State.Selected selected) {
            var pusher = new Pusher(session, selected);
            // Interest comes first, then the look at the database: nothing is missed in between.
            try (Feed.Watch _ = feed.watch(selected.mailbox().id(), pusher)) {
                Commands.poll(session, selected.mailbox());
                awaitDone(session);
            } finally {
                pusher.end();
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

    /** Tells an idle client of changes. */
    private static final class Pusher implements Feed.Watcher {
        private final Session session;
        private final State.Selected state;
        private final AtomicBoolean isRunning = new AtomicBoolean();
        private volatile boolean hasNews;
        private volatile boolean isDeleted;
        private final AtomicLong reached = new AtomicLong();
        private volatile boolean ended;

        Pusher(Session session, State.Selected state) {
            this.session = session;
            this.state = state;
        }

        @Override
        public void changed(ModSeq modSeq) {
            reached.accumulateAndGet(modSeq.value(), Math::max);
            wake();
        }

        @Override
        public void deleted() {
            isDeleted = true;
            wake();
        }

        private void wake() {
            hasNews = true;
            if (!ended && isRunning.compareAndSet(false, true)) {
                Thread.ofVirtual().name("push").start(this::push);
            }
        }

        private void push() {
            do {
                try {
                    pushOnce();
                } catch (IOException gone) {
                    LOG.log(Level.DEBUG, "a push found the client gone", gone);
                    session.transport().abort();
                } catch (StorageException away) {
                    LOG.log(Level.DEBUG, "a push could not ask the database, and tries again", away);
                    LockSupport.parkNanos(RETRY.toNanos());
                    hasNews = true;
                } catch (RuntimeException bug) {
                    LOG.log(Level.ERROR, "a push failed", bug);
                    session.transport().abort();
                } finally {
                    isRunning.set(false);
                }
            } while (hasNews && !ended && isRunning.compareAndSet(false, true));
        }

        private void pushOnce() throws IOException {
            session.output().lock();
            try {
                hasNews = false;
                if (ended) {
                    return;
                }
                if (isDeleted) {
                    StatusResponse.bye(null, "the selected mailbox is deleted").writeTo(session.out());
                    session.out().flush();
                    session.transport().endInput();
                    return;
                }
                // What was announced is committed: the database is asked only for whom an arrival is recent.
                state.mailbox().tell(session.out(), new ModSeq(reached.get()), Expunges.TOLD);
                session.out().flush();
            } finally {
                session.output().unlock();
            }
        }

        /** Called with the output lock held: no push comes after it. */
        void end() {
            ended = true;
        }
    }
}
