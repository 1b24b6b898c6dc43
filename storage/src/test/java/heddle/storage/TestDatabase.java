package heddle.storage;

import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real PostgreSQL for tests, one for the whole JVM: in a container where a Docker engine runs and an image is named by
 * the system property {@code heddle.test.image}, embedded everywhere else. Which one is printed.
 */
public final class TestDatabase {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Server SERVER = start();

    private TestDatabase() {}

    /** Where the server is. */
    public record Server(String url, String user, String password) {}

    private static Server start() {
        String image = System.getProperty("heddle.test.image", "");
        if (!image.isEmpty() && DockerClientFactory.instance().isDockerAvailable()) {
            @SuppressWarnings("resource") // lives as long as the JVM
            var container = new PostgreSQLContainer(image);
            container.start();
            System.out.println("tests run on PostgreSQL in a container of " + image);
            return new Server(container.getJdbcUrl(), container.getUsername(), container.getPassword());
        }
        try {
            Path directory = Files.createTempDirectory("heddle-test");
            EmbeddedDatabase database = EmbeddedDatabase.start(directory);
            System.out.println("tests run on the embedded PostgreSQL " + EmbeddedDatabase.MAJOR);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(database, directory)));
            return new Server(database.address().url(), database.address().user(), "");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void stop(EmbeddedDatabase database, Path directory) {
        try {
            database.close();
            try (var files = Files.walk(directory)) {
                files.sorted(java.util.Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        } catch (IOException left) {
            System.err.println("left behind: " + left);
        }
    }

    /** {@return a new, empty database on the server} */
    public static StorageConfig create() {
        String name = "test" + COUNT.incrementAndGet();
        try (Connection connection = DriverManager.getConnection(SERVER.url, SERVER.user, SERVER.password);
                Statement create = connection.createStatement()) {
            create.execute("CREATE DATABASE " + name);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
        String url = SERVER.url.substring(0, SERVER.url.lastIndexOf('/') + 1) + name;
        return StorageConfig.of(url, SERVER.user, SERVER.password);
    }

    /** {@return storage on a new, empty database} */
    public static Storage open() {
        return new Storage(create(), new SimpleMeterRegistry());
    }
}
