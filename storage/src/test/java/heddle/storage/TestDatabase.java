package heddle.storage;

import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real PostgreSQL for tests, one for the whole JVM: the one that the system property {@code heddle.test.database} names
 * by its JDBC URL (superuser {@code heddle.test.user}, password {@code heddle.test.password}); without it, one in a
 * container where a Docker engine answers; embedded everywhere else. Which one is printed. The system property
 * {@code heddle.test.image} names another image than {@value #IMAGE}.
 */
public final class TestDatabase {
    private static final String IMAGE = "postgres:17";
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Server SERVER = start();

    private TestDatabase() {}

    /** Where the server is. */
    public record Server(String url, String user, String password) {}

    private static Server start() {
        String url = System.getProperty("heddle.test.database", "");
        if (!url.isEmpty()) {
            return external(new Server(
                    url,
                    System.getProperty("heddle.test.user", "postgres"),
                    System.getProperty("heddle.test.password", "")));
        }
        if (hasEngine()) {
            try {
                return startContainer(System.getProperty("heddle.test.image", IMAGE));
            } catch (RuntimeException failed) { // no such image, and no registry to get it from
                System.out.println("the Docker engine does not start PostgreSQL: " + failed);
            }
        }
        return startEmbedded();
    }

    /** What was made there is removed at the end: the server is somebody else's. */
    private static Server external(Server server) {
        System.out.println("tests run on PostgreSQL at " + server.url);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            for (int number = 1; number <= COUNT.get(); number++) {
                execute(server, "DROP DATABASE IF EXISTS " + name(number) + " WITH (FORCE)");
            }
        }));
        return server;
    }

    /** Asked first, because Testcontainers takes minutes to find out that there is no engine. */
    private static boolean hasEngine() {
        if (System.getenv("DOCKER_HOST") == null) {
            try (var engine = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                engine.connect(UnixDomainSocketAddress.of("/var/run/docker.sock"));
            } catch (IOException | UnsupportedOperationException none) {
                return false;
            }
        }
        return DockerClientFactory.instance().isDockerAvailable();
    }

    private static Server startContainer(String image) {
        @SuppressWarnings("resource") // lives as long as the JVM
        var container = new PostgreSQLContainer(image);
        // Testcontainers would turn fsync off, and such a database is refused.
        container.setCommand("postgres", "-c", "max_connections=200");
        container.start();
        System.out.println("tests run on PostgreSQL in a container of " + image);
        return new Server(container.getJdbcUrl(), container.getUsername(), container.getPassword());
    }

    private static Server startEmbedded() {
        try {
            Path directory = Files.createTempDirectory("heddle-test");
            EmbeddedDatabase.Address database =
                    EmbeddedDatabase.start(directory).address();
            System.out.println("tests run on the embedded PostgreSQL " + EmbeddedDatabase.MAJOR);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(directory)));
            return new Server(database.url(), database.user(), database.password());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Without a checkpoint: what is thrown away need not be written first. */
    private static void stop(Path directory) {
        try {
            Path running = directory.resolve("database").resolve("postmaster.pid");
            String postmaster = Files.readAllLines(running).getFirst().strip();
            new ProcessBuilder("kill", "-QUIT", postmaster).start().waitFor();
            ProcessHandle.of(Long.parseLong(postmaster))
                    .ifPresent(process -> process.onExit().join());
            try (var files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        } catch (IOException | InterruptedException left) {
            System.err.println("left behind: " + left);
        }
    }

    /** {@return a new, empty database on the server} */
    public static StorageConfig create() {
        String name = name(COUNT.incrementAndGet());
        execute(SERVER, "CREATE DATABASE " + name);
        int path = SERVER.url.lastIndexOf('/') + 1;
        int parameters = SERVER.url.indexOf('?', path);
        String url = SERVER.url.substring(0, path) + name + (parameters < 0 ? "" : SERVER.url.substring(parameters));
        return StorageConfig.of(url, SERVER.user, SERVER.password);
    }

    private static String name(int number) {
        return "heddle_test_" + ProcessHandle.current().pid() + "_" + number;
    }

    private static void execute(Server server, String sql) {
        try (Connection connection = DriverManager.getConnection(server.url, server.user, server.password);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** {@return storage on a new, empty database} */
    public static Storage open() {
        return open(create());
    }

    /** {@return storage on this database, as one more pod has it} */
    public static Storage open(StorageConfig config) {
        return new Storage(config, new SimpleMeterRegistry());
    }
}
