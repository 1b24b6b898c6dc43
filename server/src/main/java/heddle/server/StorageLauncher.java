package heddle.server;

import heddle.server.config.ServerConfig;
import heddle.storage.Storage;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Opens storage where the configuration says: on an external database, or on the embedded one, which is started. */
public final class StorageLauncher {
    private StorageLauncher() {}

    /**
     * Opens storage for a server.
     *
     * @param owner takes charge of what has to be closed after storage
     * @throws IOException when the embedded database does not start
     */
    static Storage open(ServerConfig config, MeterRegistry registry, UnaryOperator<EmbeddedDatabase> owner)
            throws IOException {
        String url = config.database().url();
        if (url != null) {
            String user = Objects.requireNonNullElse(config.database().user(), System.getProperty("user.name"));
            return new Storage(storage(config, url, user), registry);
        }
        EmbeddedDatabase database = owner.apply(EmbeddedDatabase.start(config.dataDirectory()));
        return new Storage(
                storage(config, database.address().url(), database.address().user()), registry);
    }

    private static StorageConfig storage(ServerConfig config, String url, String user) {
        return new StorageConfig(
                url,
                user,
                config.database().password(),
                config.database().poolSize(),
                config.database().poolWait(),
                new StorageConfig.Retention(
                        config.mail().expungedKeep(),
                        config.mail().journalKeep(),
                        config.mail().sweeperInterval()),
                config.mail().snapshotCache(),
                config.mail().messageCache(),
                config.cpuThreads());
    }
}
