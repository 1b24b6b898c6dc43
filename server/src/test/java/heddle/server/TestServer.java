package heddle.server;

import heddle.protocol.sasl.ScramSha256Keys;
import heddle.server.config.ListenAddress;
import heddle.server.config.ServerConfig;
import heddle.storage.Account.Quota;
import heddle.storage.NewAccount;
import heddle.storage.Storage;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A whole server on free ports of loopback, on a database of its own. */
public final class TestServer implements AutoCloseable {
    /** The password of every account. */
    public static final String PASSWORD = "secret";

    private static final ScramSha256Keys KEYS = ScramSha256Keys.derive(PASSWORD, new byte[16], 4096);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final StorageConfig database;
    private final Quota quota;
    private final Storage storage;
    private final Server server;
    private final HttpClient http = HttpClient.newHttpClient();

    private TestServer(Path directory, StorageConfig database, Map<String, String> settings) throws IOException {
        this.database = database;
        storage = new Storage(withFewConnections(database), new SimpleMeterRegistry());
        ServerConfig config = config(directory, database, settings);
        @Nullable Long bytes = config.mail().quota();
        quota = bytes == null ? Quota.NONE : new Quota(OptionalLong.of(bytes));
        server = Server.start(config);
    }

    /** Beside its server, storage has little to do, and there are many servers at once. */
    private static StorageConfig withFewConnections(StorageConfig config) {
        return new StorageConfig(
                config.url(),
                config.user(),
                config.password(),
                2,
                config.waits(),
                config.retention(),
                config.snapshotBytes(),
                config.messageBytes(),
                config.cpuThreads());
    }

    /**
     * Starts a server.
     *
     * @param directory for its certificate and its spool
     * @param settings in place of the defaults
     */
    public static TestServer start(Path directory, Map<String, String> settings) throws IOException {
        return start(directory, TestDatabase.create(), settings);
    }

    /** Starts a server on this database. */
    public static TestServer start(Path directory, StorageConfig database, Map<String, String> settings)
            throws IOException {
        return new TestServer(directory, database, settings);
    }

    /** {@return the configuration of a server on this database, with ports that are free} */
    public static ServerConfig config(Path directory, StorageConfig database, Map<String, String> settings) {
        var flags = new LinkedHashMap<String, String>();
        flags.put("data", directory.toString());
        flags.put("database.url", database.url());
        flags.put("database.user", database.user());
        flags.put("database.password", Objects.requireNonNullElse(database.password(), ""));
        flags.put("listen.imap", "127.0.0.1:0");
        flags.put("listen.imaps", "127.0.0.1:0");
        flags.put("listen.lmtp", "off");
        flags.put("listen.http", "127.0.0.1:0");
        flags.put("auth.failures.delay", "0s");
        flags.put("auth.failures.delay-most", "0s");
        flags.put("auth.failures.per-address", "1000000");
        flags.put("balance.percent", "off");
        flags.putAll(settings);
        return ServerConfig.load(null, Map.of(), flags);
    }

    /** Makes an account with its first mailboxes; one of the same name that is there already goes with all its mail. */
    public void freshAccount(String name) {
        storage.accounts().find(name).ifPresent(old -> storage.accounts().delete(old.id()));
        storage.accounts().create(List.of(new NewAccount(name, KEYS, quota)));
    }

    /** {@return storage on the server's database, beside the server} */
    public Storage storage() {
        return storage;
    }

    public StorageConfig database() {
        return database;
    }

    /** Lets the database go away, with all connections to it, and come back. */
    public void allowDatabase(boolean allowed) {
        int slash = database.url().lastIndexOf('/');
        String name = database.url().substring(slash + 1);
        try (Connection admin = DriverManager.getConnection(
                        database.url().substring(0, slash + 1) + "postgres", database.user(), database.password());
                Statement statement = admin.createStatement()) {
            statement.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS " + allowed);
            if (!allowed) {
                statement.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
            }
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Waits until the server says that it can serve. */
    public void awaitReady() {
        await("the server is ready", () -> get("/health/ready").statusCode() == 200);
    }

    /** {@return the port of a listener: {@code imap}, {@code imaps}, {@code lmtp}, {@code http}} */
    public int port(String listener) {
        @Nullable ListenAddress address = server.addresses().get(listener);
        if (address == null) {
            throw new IllegalArgumentException("nobody listens for " + listener);
        }
        return address.port();
    }

    /** {@return a client that has read the greeting} */
    public TestClient connect() throws IOException {
        var client = new TestClient(port("imap"));
        client.greeting();
        return client;
    }

    /** {@return a client that has logged in} */
    public TestClient logIn(String user) throws IOException {
        TestClient client = connect();
        client.ok("LOGIN " + user + " " + PASSWORD);
        return client;
    }

    /** {@return the sum of all series of this name, as Prometheus sees it} */
    public double meter(String name) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Waits until something is so. */
    public static void await(String what, BooleanSupplier isSo) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain: " + what);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Waits until all connections have ended and nothing of them is left: no temporary file, no database connection. */
    public void awaitNobody() {
        await("no connection is open", () -> meter("heddle_connections_open") == 0);
        await("no database connection is held", () -> meter("hikaricp_connections_active") == 0);
        await("no temporary file is left", () -> meter("heddle_spool_bytes") == 0);
    }

    /** {@return what the server answers over HTTP} */
    public HttpResponse<String> get(String path) {
        return ask("GET", path);
    }

    /** {@return what the server answers over HTTP} */
    public HttpResponse<String> ask(String method, String path) {
        try {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port("http") + path))
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .timeout(Duration.ofSeconds(30))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        server.close();
        storage.close();
    }
}
