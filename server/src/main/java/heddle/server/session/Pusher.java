package heddle.server.session;

import heddle.protocol.wire.WireWriter;
import heddle.server.metrics.SessionEnd;
import heddle.storage.StorageException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells a client what it has not asked for, while the thread of its connection waits for it: another thread is started
 * when there is something to tell, and ends when it is told. There is at most one, and none while nothing happens.
 */
public final class Pusher {
    private static final Logger LOG = System.getLogger(Pusher.class.getName());

    /** How long a push that could not ask the database waits at most before it tries again: twice as long each time. */
    private static final Duration FIRST_WAIT = Duration.ofSeconds(2);

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    /** Writes what there is to tell by now; called with the output lock held. */
    @FunctionalInterface
    public interface News {
        void tell(WireWriter out) throws IOException;
    }

    private final Session session;
    private final News news;
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private volatile boolean hasNews;
    private volatile boolean ended;

    public Pusher(Session session, News news) {
        this.session = session;
        this.news = news;
    }

    /** Says that there is something to tell; never waits. */
    public void wake() {
        hasNews = true;
        if (!ended && isRunning.compareAndSet(false, true)) {
            Thread.ofVirtual()
                    .name("push")
                    .start(() -> session.transport().activity().<RuntimeException>run(this::push));
        }
    }

    private void push() {
        long wait = FIRST_WAIT.toNanos();
        do {
            try {
                pushOnce();
                wait = FIRST_WAIT.toNanos();
            } catch (IOException gone) {
                LOG.log(Level.DEBUG, "a push found the client gone", gone);
                session.transport().abort(SessionEnd.CLIENT_GONE);
            } catch (StorageException away) {
                LOG.log(Level.DEBUG, "a push could not ask the database, and tries again", away);
                // Not all sessions at once, when the database is back.
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(wait / 2, wait));
                wait = Math.min(2 * wait, LONGEST_WAIT.toNanos());
                hasNews = true;
            } catch (RuntimeException bug) {
                LOG.log(Level.ERROR, "a push failed", bug);
                session.transport().abort(SessionEnd.CUT);
            } finally {
                isRunning.set(false);
            }
        } while (hasNews && !ended && isRunning.compareAndSet(false, true));
    }

    private void pushOnce() throws IOException {
        session.output().lock();
        try {
            hasNews = false;
            if (ended || session.state() instanceof State.Logout) {
                return;
            }
            WireWriter out = session.out();
            try {
                news.tell(out);
            } catch (RuntimeException failed) {
                if (!out.cutBack()) {
                    session.transport().abort(SessionEnd.CUT);
                    throw new IOException("a response was left half written", failed);
                }
                throw failed;
            } finally {
                out.flush();
            }
        } finally {
            session.output().unlock();
        }
    }

    /** Called with the output lock held: no push comes after it. */
    public void end() {
        ended = true;
    }
}
