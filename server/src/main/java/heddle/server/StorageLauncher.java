package heddle.server;

import heddle.server.config.ConfigException;
import heddle.server.config.ServerConfig;
import heddle.server.config.Setting;
import heddle.storage.Storage;
import heddle.storage.StorageConfig;
import heddle.storage.StorageException;
import heddle.storage.UnsuitableDatabaseException;
import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Opens storage where the configuration says: on an external database, or on the embedded one, which is started. */
public final class StorageLauncher {
    private static final Logger LOG = System.getLogger(StorageLauncher.class.getName());

    /** Connections of a command, which does one thing after the other. */
    private static final int COMMAND_POOL = 4;

    /** How long a command waits for a server that is starting, and how often it looks. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration PAUSE = Duration.ofMillis(100);

    private StorageLauncher() {}

    /** Storage, and the embedded database if it was started for it. */
    public record OpenStorage(Storage storage, @Nullable EmbeddedDatabase database) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            storage.close();
            if (database != null) {
                database.close();
            }
        }
    }

    /**
     * Opens storage for a server.
     *
     * @param owner takes charge of what has to be closed after storage
     * @throws IOException in words for the operator, when the database does not start or cannot be used
     * @throws ConfigException when the configured database is too old, or would lose what it has acknowledged, or when none
     *     is configured and there is none to embed
     */
    static Storage open(ServerConfig config, MeterRegistry registry, UnaryOperator<EmbeddedDatabase> owner)
            throws IOException {
        int poolSize = config.database().poolSize();
        String url = config.database().url();
        if (url != null) {
            return connect(external(config, url, poolSize), registry);
        }
        EmbeddedDatabase database = owner.apply(startEmbedded(config));
        return connect(storage(config, database.address(), poolSize), registry);
    }

    /**
     * Opens storage for one command: on the database that a server of this configuration uses, running, starting or
     * not.
     *
     * @throws IOException as {@link #open}
     * @throws ConfigException as {@link #open}
     */
    public static OpenStorage openForCommand(ServerConfig config) throws IOException {
        var registry = new SimpleMeterRegistry();
        String url = config.database().url();
        if (url != null) {
            return new OpenStorage(connect(external(config, url, COMMAND_POOL), registry), null);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<EmbeddedDatabase.Address> running = EmbeddedDatabase.running(config.dataDirectory());
            if (running.isPresent()) {
                return new OpenStorage(connect(storage(config, running.get(), COMMAND_POOL), registry), null);
            }
            try {
                return openEmbedded(config, registry);
            } catch (EmbeddedDatabase.DirectoryInUseException starting) {
                if (System.nanoTime() > end) {
                    throw starting;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private static OpenStorage openEmbedded(ServerConfig config, MeterRegistry registry) throws IOException {
        EmbeddedDatabase database = startEmbedded(config);
        closeAtExit(database);
        try {
            return new OpenStorage(connect(storage(config, database.address(), COMMAND_POOL), registry), database);
        } catch (IOException | RuntimeException failed) {
            database.close();
            throw failed;
        }
    }

    private static EmbeddedDatabase startEmbedded(ServerConfig config) throws IOException {
        try {
            return EmbeddedDatabase.start(config.dataDirectory());
        } catch (EmbeddedDatabase.NotIncludedException missing) {
            throw new ConfigException("database.url: 'embedded' cannot be used: " + missing.getMessage()
                    + "; allowed: jdbc:postgresql:…");
        }
    }

    /** A command that is interrupted leaves no database behind. */
    private static void closeAtExit(EmbeddedDatabase database) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                database.close();
            } catch (IOException failed) {
                LOG.log(Level.WARNING, "the embedded database did not stop as it should", failed);
            }
        }));
    }

    private static String shown(StorageConfig config) {
        return Setting.withoutPassword(config.url());
    }

    private static Storage connect(StorageConfig config, MeterRegistry registry) throws IOException {
        try {
            return new Storage(config, registry);
        } catch (UnsuitableDatabaseException refused) {
            throw new ConfigException("database.url: '" + shown(config) + "' cannot be used: " + refused.text());
        } catch (StorageException refused) {
            throw new IOException("cannot store mail in " + shown(config) + ": " + reason(refused), refused);
        }
    }

    /** In one line: what storage says, and what the database said to it. */
    private static String reason(StorageException refused) {
        Throwable root = refused;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String text = refused.getCause() == null ? refused.text() : refused.text() + " (" + root.getMessage() + ")";
        return text.replaceAll("\\s*\\R\\s*", " ");
    }

    private static StorageConfig external(ServerConfig config, String url, int poolSize) {
        String user = Objects.requireNonNullElse(config.database().user(), System.getProperty("user.name"));
        return storage(config, url, user, config.database().password(), poolSize);
    }

    private static StorageConfig storage(ServerConfig config, EmbeddedDatabase.Address address, int poolSize) {
        return storage(config, address.url(), address.user(), address.password(), poolSize);
    }

    private static StorageConfig storage(
            ServerConfig config, String url, String user, @Nullable String password, int poolSize) {
        return new StorageConfig(
                url,
                user,
                password,
                poolSize,
                new StorageConfig.Waits(
                        config.database().poolWait(), config.database().timeout()),
                new StorageConfig.Retention(
                        config.mail().expungedKeep(),
                        config.mail().journalKeep(),
                        config.mail().sweeperInterval()),
                config.mail().snapshotCache(),
                config.mail().messageCache(),
                config.cpuThreads());
    }
}
