package heddle.storage;

import heddle.storage.sql.Database;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells the other pods what this one has committed. Commands only leave a note; one thread sends what has gathered since
 * it sent what was before, so that a busy pod needs few statements. NOTIFY runs outside of the writing transactions: inside,
 * it would make all commits of the database wait for each other.
 */
final class Announcer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Announcer.class.getName());

    /** How long changes gather after those before were sent: on a busy pod, one statement tells of many. */
    private static final Duration GATHER = Duration.ofMillis(5);

    /** How long the end waits for the database to take what is left; others find it by asking. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    /** The channel of PostgreSQL that all pods listen to. */
    static final String CHANNEL = "heddle";

    /** A change that waits to be announced. */
    private record Note(long reached, long since) {
        Note and(Note later) {
            return new Note(Math.max(reached, later.reached), Math.min(since, later.since));
        }
    }

    private final Database database;
    private final long pod;
    private final int most;
    private final Map<Topic, Note> waiting = new ConcurrentHashMap<>();
    private final Counter dropped;
    private final Thread sender;
    private volatile boolean hasOverflown;
    private volatile boolean closed;

    /**
     * @param pod tells this pod from the others
     * @param most how many topics may wait; when there are more, everybody is told to ask for all
     */
    Announcer(Database database, long pod, int most, MeterRegistry registry) {
        this.database = database;
        this.pod = pod;
        this.most = most;
        dropped = Counter.builder("heddle.feed.dropped")
                .description("Changes that were not announced to other pods, which find them by asking.")
                .register(registry);
        Gauge.builder("heddle.feed.waiting", waiting, Map::size)
                .description("Mailboxes and lists of mailboxes whose changes are still to be announced to other pods.")
                .register(registry);
        sender = Thread.ofVirtual().name("announcer").unstarted(this::sendAll);
    }

    void start() {
        sender.start();
    }

    /** Leaves a note that the topic has come this far; never waits. */
    void add(Topic topic, long reached) {
        if (waiting.size() < most || waiting.containsKey(topic)) {
            waiting.merge(topic, new Note(reached, System.nanoTime()), Note::and);
        } else {
            hasOverflown = true;
            dropped.increment();
        }
        LockSupport.unpark(sender);
    }

    private void sendAll() {
        while (!closed || !waiting.isEmpty()) {
            if (hasOverflown) {
                hasOverflown = false;
                send(new Announcement(pod, System.nanoTime(), Map.of()));
                gather();
            } else if (!waiting.isEmpty()) {
                send(take());
                gather();
            } else {
                LockSupport.park();
            }
        }
    }

    private static void gather() {
        try {
            Thread.sleep(GATHER);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private Announcement take() {
        long since = System.nanoTime();
        var taken = new LinkedHashMap<Topic, Long>();
        Iterator<Topic> topics = waiting.keySet().iterator();
        while (topics.hasNext() && taken.size() < Announcement.MOST_TOPICS) {
            Topic topic = topics.next();
            Note note = waiting.remove(topic);
            if (note != null) {
                since = Math.min(since, note.since);
                taken.put(topic, note.reached);
            }
        }
        return new Announcement(pod, since, taken);
    }

    private void send(Announcement announcement) {
        // To the database a notification is a commit like any other. What it announces is on disk; it is not worth a
        // flush of its own.
        String sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(?, ?)";
        try {
            database.run(connection -> {
                try (PreparedStatement notify = connection.prepareStatement(sql)) {
                    notify.setString(1, CHANNEL);
                    notify.setString(2, announcement.text());
                    return notify.execute();
                }
            });
        } catch (StorageException away) {
            drop(announcement);
            LOG.log(System.Logger.Level.DEBUG, "cannot announce changes", away);
        } catch (RuntimeException bug) {
            drop(announcement);
            LOG.log(System.Logger.Level.ERROR, "announcing changes failed", bug);
        }
    }

    private void drop(Announcement announcement) {
        dropped.increment(announcement.topics().size());
        if (closed) {
            waiting.clear();
        }
    }

    /** Sends what waits, if the database takes it soon, and ends. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(sender);
        try {
            if (!sender.join(LAST_WORDS)) {
                LOG.log(System.Logger.Level.DEBUG, "the database does not take the last announcements");
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
