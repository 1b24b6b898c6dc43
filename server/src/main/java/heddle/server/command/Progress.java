package heddle.server.command;

import heddle.protocol.Tag;
import heddle.protocol.response.ResponseCode.InProgress;
import heddle.protocol.response.StatusResponse;
import heddle.server.metrics.SessionEnd;
import heddle.server.session.Session;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells the client, again and again, that a long command goes on (RFC 9585). It is open while the command's thread, which
 * holds the output lock, is at work in storage and writes nothing itself; what is told leaves on a thread of its own, which
 * holds no database connection. When it is closed, nothing more is told.
 */
final class Progress implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Progress.class.getName());

    private final Session session;
    private final Tag tag;
    private final Future<?> ticking;
    private final ReentrantLock telling = new ReentrantLock();
    private boolean isClosed;
    private final AtomicLong done = new AtomicLong(InProgress.UNKNOWN);
    private volatile long goal = InProgress.UNKNOWN;

    private Progress(Clock clock, Session session, Tag tag) {
        this.session = session;
        this.tag = tag;
        ticking = clock.every(this::tick);
    }

    /** Calls at intervals; one for all sessions, so that a command that soon ends costs no thread. */
    static final class Clock {
        private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("progress").factory());
        private final Duration interval;

        Clock(Duration interval) {
            this.interval = interval;
            timer.setRemoveOnCancelPolicy(true);
            timer.setKeepAliveTime(1, TimeUnit.MINUTES);
            timer.allowCoreThreadTimeOut(true);
        }

        private Future<?> every(Runnable tick) {
            return timer.scheduleWithFixedDelay(tick, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
        }

        /** Begins to tell of the command of this tag. */
        Progress of(Session session, Tag tag) {
            return new Progress(this, session, tag);
        }
    }

    /** Says how much there is to do, of which nothing is done yet. */
    void goal(long messages) {
        done.set(0);
        goal = messages;
    }

    /** Says how many more messages are done. */
    void done(long messages) {
        done.addAndGet(messages);
    }

    /** A client that reads slowly keeps no other waiting; a word that has not left yet is enough. */
    private void tick() {
        Thread.ofVirtual().name("progress").start(() -> {
            if (telling.tryLock()) {
                try {
                    session.transport().activity().<RuntimeException>run(this::tell);
                } finally {
                    telling.unlock();
                }
            }
        });
    }

    private void tell() {
        if (isClosed) {
            return;
        }
        try {
            long toDo = goal; // first: as soon as it is known, so is what is done
            StatusResponse.ok(Tag.UNTAGGED, new InProgress(tag, done.get(), toDo), "still at it")
                    .writeTo(session.out());
            session.out().flush();
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "a client is gone that waited", gone);
            session.transport().abort(SessionEnd.CLIENT_GONE);
        }
    }

    @Override
    public void close() {
        ticking.cancel(false);
        telling.lock();
        try {
            isClosed = true;
        } finally {
            telling.unlock();
        }
    }
}
