package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells sessions that something happened in a mailbox they watch, or to the list of an account's mailboxes, on whichever
 * pod it happened (DESIGN §6). What is told is a hint: the journal and the rows are the truth.
 */
public final class Feed implements AutoCloseable {
    /** Topics whose changes may wait to be announced: a few megabytes. */
    private static final int MOST_WAITING = 20_000;

    /** Told of changes, by any thread and not always in their order; must return at once. */
    public interface Watcher {
        /** Something was committed, up to this modseq or further; a list of mailboxes has a modseq of its own. */
        void changed(ModSeq modSeq);

        /** The mailbox or the account is deleted. */
        void deleted();
    }

    /** Ends the watch when closed. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /** One watched topic, and how far its watchers were told that it has come. */
    private static final class Watched {
        final CopyOnWriteArrayList<Watcher> watchers = new CopyOnWriteArrayList<>();
        final AtomicLong told = new AtomicLong();
    }

    private final Map<Topic, Watched> watched = new ConcurrentHashMap<>();
    private final long pod = ThreadLocalRandom.current().nextLong();
    private final Announcer announcer;
    private final FeedConnection connection;
    private final Timer lag;

    /** @param interval how long a change by another pod may go unnoticed when its announcement got lost */
    Feed(Database database, Epochs epochs, Duration interval, MeterRegistry registry) {
        announcer = new Announcer(database, pod, MOST_WAITING, registry);
        connection = new FeedConnection(database, this, epochs, interval, registry);
        lag = Timers.timer(
                        "heddle.feed.lag",
                        "From a commit of this pod until it hears its own announcement, as other pods do.")
                .register(registry);
        Gauge.builder("heddle.feed.watched", watched, Map::size)
                .description("Mailboxes and lists of mailboxes that sessions of this pod are told about.")
                .register(registry);
    }

    /** Starts to announce, and to hear what others do. */
    void start() {
        announcer.start();
        connection.start();
    }

    /** Registers interest; to be done before the state is read that the changes are seen against. */
    public Watch watch(Topic topic, Watcher watcher) {
        watched.compute(topic, (id, present) -> {
            Watched entry = present == null ? new Watched() : present;
            entry.watchers.add(watcher);
            return entry;
        });
        return () -> watched.computeIfPresent(topic, (id, entry) -> {
            entry.watchers.remove(watcher);
            return entry.watchers.isEmpty() ? null : entry;
        });
    }

    /** {@return what sessions of this pod watch} */
    Collection<Topic> watched() {
        return List.copyOf(watched.keySet());
    }

    /** Says that this pod has committed a change. */
    void announce(Topic topic, ModSeq modSeq) {
        announcer.add(topic, modSeq.value());
        tell(topic, modSeq.value());
    }

    /** Says that this pod has deleted a mailbox. */
    void deleted(MailboxId mailbox) {
        announcer.add(mailbox, Announcement.DELETED);
        tell(mailbox, Announcement.DELETED);
    }

    /** Pods have announced something, maybe this one. Of a burst, watchers are told once, and so can tell clients once. */
    void heard(List<Announcement> announcements) {
        var last = new HashMap<Topic, Long>();
        for (Announcement announcement : announcements) {
            if (announcement.pod() == pod) {
                lag.record(System.nanoTime() - announcement.since(), TimeUnit.NANOSECONDS);
            } else {
                announcement.topics().forEach((topic, reached) -> last.merge(topic, reached, Math::max));
            }
        }
        last.forEach(this::tell);
    }

    /** Tells the watchers, unless there are none, or they were told of this or of something later. */
    void tell(Topic topic, long reached) {
        Watched entry = watched.get(topic);
        if (entry == null || entry.told.getAndAccumulate(reached, Math::max) >= reached) {
            return;
        }
        if (reached == Announcement.DELETED) {
            entry.watchers.forEach(Watcher::deleted);
        } else {
            var modSeq = new ModSeq(reached);
            entry.watchers.forEach(watcher -> watcher.changed(modSeq));
        }
    }

    @Override
    public void close() {
        connection.close();
        announcer.close();
    }
}
