package heddle.storage;

import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Opens everything that is stored, and closes it again. */
public final class Storage implements AutoCloseable {
    /** How long a change by another pod may go unnoticed, should its announcement get lost. */
    private static final Duration POLL = Duration.ofSeconds(2);

    /** A pod that waits for longer is late with what it tells the others next. */
    private static final StorageConfig.Waits POD_WAITS =
            new StorageConfig.Waits(Duration.ofSeconds(2), Duration.ofSeconds(4));

    /** So many that no two pods have the same one, and few enough to be typed. */
    private static final long POD_IDS = 1L << 44;

    private final Database database;

    /** For what pods tell each other: one that has many commands waiting for its pool is not taken for dead. */
    private final Database podDatabase;

    private final CpuPool cpu;
    private final int schemaVersion;
    private final Pods pods;
    private final Sessions sessions;
    private final LogInFailures logInFailures;
    private final Epochs epochs;
    private final Feed feed;
    private final Snapshots snapshots;
    private final Accounts accounts;
    private final Mailboxes mailboxes;
    private final Messages messages;
    private final FlagChanges flagChanges;
    private final Copies copies;
    private final Expunges expunges;
    private final Fetches fetches;
    private final Bodies bodies;
    private final Search search;
    private final Sweeper sweeper;

    /**
     * Connects, and migrates the tables.
     *
     * @throws UnsuitableDatabaseException when the database is too old, or would lose what it has acknowledged
     * @throws StorageException {@code UNAVAILABLE} when there is no database; {@code CANNOT}, with words for the operator,
     *     when its tables cannot be used, or mails cannot be compressed
     */
    public Storage(StorageConfig config, MeterRegistry registry) {
        database = new Database(config, registry);
        podDatabase = new Database("pods", config.with(1, POD_WAITS), registry);
        cpu = new CpuPool(config.cpuThreads());
        // Its native code is loaded by such a thread: a virtual one would hold its carrier for as long as that takes.
        CpuPool.Running packing = cpu.start(() -> Packing.pack(new byte[0]));
        try {
            DatabaseCheck.check(database);
            schemaVersion = Migrations.migrate(config);
            requirePacking(packing);
        } catch (StorageException refused) {
            cpu.close();
            podDatabase.close();
            database.close();
            throw refused;
        }
        long self = ThreadLocalRandom.current().nextLong(1, POD_IDS);
        pods = new Pods(podDatabase, self);
        sessions = new Sessions(podDatabase, self);
        logInFailures = new LogInFailures(podDatabase);
        epochs = new Epochs(database, podDatabase);
        epochs.open();
        feed = new Feed(database, epochs, POLL, registry);
        var changes = new Changes(database);
        snapshots = new Snapshots(database, changes, config.snapshotBytes(), registry);
        copies = new Copies(database, changes, epochs, feed);
        mailboxes = new Mailboxes(database, epochs, copies, feed);
        accounts = new Accounts(database, mailboxes);
        messages = new Messages(database, new Contents(database, cpu), changes, epochs, snapshots, feed);
        flagChanges = new FlagChanges(database, changes, epochs, snapshots, feed);
        expunges = new Expunges(database, changes, epochs, snapshots, feed);
        fetches = new Fetches(database, config.messageBytes());
        bodies = new Bodies(database, config.messageBytes());
        search = new Search(database, bodies, fetches, cpu);
        sweeper = new Sweeper(database, config.retention(), config.waits().statement(), self, registry);
        feed.start();
        sweeper.start();
    }

    /** Where its library cannot be loaded, nobody is to find out by a mail. */
    private static void requirePacking(CpuPool.Running packing) {
        try {
            packing.await();
        } catch (IOException | LinkageError failed) {
            throw new StorageException(Reason.CANNOT, "the library that compresses mails cannot be loaded", failed);
        }
    }

    /**
     * {@return whether the database answers} It is not asked by way of a pool that commands have to wait for: pods that
     * have much to do would all be taken for unable to do it, at once.
     */
    public boolean isReachable() {
        Database free = database.isBusy() ? podDatabase : database;
        try {
            return free.run(connection -> connection.isValid(1));
        } catch (StorageException away) {
            return false;
        }
    }

    /** {@return the newest version of the tables that this program knows} */
    public int schemaVersion() {
        return schemaVersion;
    }

    public Pods pods() {
        return pods;
    }

    public Sessions sessions() {
        return sessions;
    }

    public LogInFailures logInFailures() {
        return logInFailures;
    }

    public Accounts accounts() {
        return accounts;
    }

    public Mailboxes mailboxes() {
        return mailboxes;
    }

    public Messages messages() {
        return messages;
    }

    public FlagChanges flagChanges() {
        return flagChanges;
    }

    public Copies copies() {
        return copies;
    }

    public Expunges expunges() {
        return expunges;
    }

    public Fetches fetches() {
        return fetches;
    }

    public Bodies bodies() {
        return bodies;
    }

    public Search search() {
        return search;
    }

    public Snapshots snapshots() {
        return snapshots;
    }

    public Feed feed() {
        return feed;
    }

    public Sweeper sweeper() {
        return sweeper;
    }

    public Epochs epochs() {
        return epochs;
    }

    /** {@return platform threads for heavy work, passwords for example} */
    public CpuPool cpu() {
        return cpu;
    }

    @Override
    public void close() {
        sweeper.close();
        feed.close();
        cpu.close();
        podDatabase.close();
        database.close();
    }
}
