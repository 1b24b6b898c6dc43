package heddle.storage;

import heddle.storage.sql.Database;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Opens everything that is stored, and closes it again. */
public final class Storage implements AutoCloseable {
    /** How long a change by another pod may go unnoticed, should its announcement get lost. */
    private static final Duration POLL = Duration.ofSeconds(2);

    private final Database database;
    private final CpuPool cpu;
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
     *     when its tables cannot be used
     */
    public Storage(StorageConfig config, MeterRegistry registry) {
        database = new Database(config, registry);
        cpu = new CpuPool(config.cpuThreads());
        // Its native code is loaded by this thread: a virtual one would hold its carrier for as long as that takes.
        Packing.pack(new byte[0]);
        try {
            DatabaseCheck.check(database);
            migrate(config);
        } catch (StorageException refused) {
            cpu.close();
            database.close();
            throw refused;
        }
        epochs = new Epochs(database);
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
        sweeper = new Sweeper(database, config.retention());
        feed.start();
        sweeper.start();
    }

    /** On connections of its own: it may take longer than any work on mail, but not keep others waiting (DESIGN §4 rule 14). */
    private void migrate(StorageConfig config) {
        try {
            Flyway.configure(Storage.class.getClassLoader())
                    .dataSource(config.url(), config.user(), config.password())
                    .jdbcProperties(Map.of("options", "-c lock_timeout=5s"))
                    .locations("classpath:heddle/storage")
                    .sqlMigrationPrefix("V")
                    .load()
                    .migrate();
        } catch (FlywayException failed) {
            throw new StorageException(
                    StorageException.Reason.CANNOT,
                    "the tables cannot be brought up to date: " + failed.getMessage(),
                    failed);
        }
    }

    /** {@return whether the database answers} */
    public boolean isReachable() {
        try {
            return database.run(connection -> connection.isValid(2));
        } catch (StorageException away) {
            return false;
        }
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
        database.close();
    }
}
