package heddle.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.config.ServerConfig;
import heddle.storage.Storage;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("try") // closing is what is tested
class ServerTest {
    private final StorageConfig database = TestDatabase.create();

    @TempDir
    Path directory;

    @Test
    void servesAndSendsIdleClientsAwayWhenItStops() throws IOException {
        Server server = Server.start(config(Map.of("listen.imaps", "off")));
        assertThat(server.addresses()).containsOnlyKeys("imap", "http");
        int imap = server.addresses().get("imap").port();
        try (var client = new TestClient(imap)) {
            client.greeting();
            server.close();
            assertThat(client.response()).hasValue("* BYE the server is stopping");
            assertThat(client.response()).isEmpty();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), imap).close())
                .isInstanceOf(IOException.class);
    }

    /** One of them makes the tables, and the other waits for it. */
    @Test
    void twoStartAtOnceOnAnEmptyDatabase() throws Exception {
        var servers = new ArrayList<Server>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var starting = new ArrayList<Future<Server>>();
            for (String name : List.of("one", "other")) {
                Path data = Files.createDirectory(directory.resolve(name));
                starting.add(threads.submit(() -> Server.start(TestServer.config(data, database, Map.of()))));
            }
            for (Future<Server> server : starting) {
                servers.add(server.get());
            }
        }
        try (Storage storage = TestDatabase.open(database)) {
            TestServer.await(
                    "they know of each other", () -> storage.pods().list().size() == 2);
        } finally {
            servers.forEach(Server::close);
        }
    }

    /** Whoever looks after it has to know that it lives, or would end it before the tables are up to date. */
    @Test
    void livesWhileItWaitsForItsTables() throws Exception {
        int port = freePort();
        try (Connection other = connection();
                Statement sql = other.createStatement();
                Connection observer = connection();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            other.setAutoCommit(false);
            sql.execute("CREATE TABLE mailbox ()"); // nobody else can, until this is rolled back
            Future<Server> starting =
                    threads.submit(() -> Server.start(config(Map.of("listen.http", "127.0.0.1:" + port))));
            TestServer.await("the migration waits", () -> isWaiting(observer));
            assertThat(status(page(port, "/health/live"))).isEqualTo(200);
            assertThat(status(page(port, "/health/ready"))).isEqualTo(503);
            assertThat(status(page(port, "/metrics"))).isEqualTo(200);
            assertThat(status(page(port, "/pods"))).isEqualTo(503);
            other.rollback();
            try (Server server = starting.get()) {
                assertThat(server.addresses()).containsKey("imap");
                assertThat(status(page(port, "/health/ready"))).isEqualTo(200);
            }
        }
    }

    private Connection connection() throws SQLException {
        return DriverManager.getConnection(database.url(), database.user(), database.password());
    }

    private static boolean isWaiting(Connection connection) {
        String sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            return row.next();
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static URL page(int port, String path) throws IOException {
        return URI.create("http://127.0.0.1:" + port + path).toURL();
    }

    /** Balancers look every few seconds: until they have noticed, clients are still sent here, and served. */
    @Test
    void stillTakesClientsWhenItIsNotReadyAnyMore() throws Exception {
        Server server = Server.start(config(Map.of("shutdown.delay", "20s", "shutdown.grace", "30s")));
        int imap = server.addresses().get("imap").port();
        URL ready = URI.create("http://" + server.addresses().get("http") + "/health/ready")
                .toURL();
        Thread stop = Thread.ofPlatform().start(server::close);
        try {
            TestServer.await("it is not ready", () -> status(ready) == 503);
            try (var client = new TestClient(imap)) {
                client.greeting();
            }
        } finally {
            stop.interrupt();
            stop.join();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), imap).close())
                .isInstanceOf(IOException.class);
    }

    private static int status(URL page) {
        try {
            return ((HttpURLConnection) page.openConnection()).getResponseCode();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void sendsClientsAwayThatIdleByCommandWhenItStops() throws IOException {
        try (TestServer server = TestServer.start(directory, database, Map.of())) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.ok("SELECT INBOX");
                client.begin("IDLE");
                assertThat(client.response())
                        .hasValueSatisfying(go -> assertThat(go).startsWith("+ "));
                server.close();
                assertThat(client.response()).hasValue("* BYE the server is stopping");
                assertThat(client.response()).isEmpty();
            }
        }
    }

    /** A client that does not send the rest of a literal is not waited for any longer than the grace lasts. */
    @Test
    void cutsOffWhoeverIsNotDoneWhenTheGraceIsOver() throws IOException {
        try (TestServer server = TestServer.start(directory, database, Map.of("shutdown.grace", "2s"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.begin("APPEND INBOX {10}");
                assertThat(client.response())
                        .hasValueSatisfying(go -> assertThat(go).startsWith("+ "));
                client.send("hello");
                long begin = System.nanoTime();
                server.close();
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(20));
                assertThatThrownBy(client::response).isInstanceOf(SocketException.class);
            }
        }
    }

    /** What an operator wants to see is there, under the names that dashboards will have. */
    @Test
    void showsWhatItDoes() throws IOException {
        try (TestServer server = TestServer.start(directory, database, Map.of("listen.lmtp", "127.0.0.1:0"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.ok("SELECT INBOX");
                assertThat(server.get("/metrics").body())
                        .contains(
                                "heddle_connections_open{listener=\"imap\",tls=\"none\"} 1.0",
                                "heddle_connections_open{listener=\"imaps\",tls=\"tls_1_3\"} 0.0",
                                "heddle_connections_open{listener=\"lmtp\",tls=\"none\"} 0.0",
                                "heddle_command_duration_seconds_count{command=\"LOGIN\",result=\"ok\"} 1",
                                "heddle_command_duration_seconds_bucket{command=\"SELECT\",result=\"ok\",le=",
                                "heddle_authentications_total{mechanism=\"LOGIN\",result=\"ok\"} 1.0",
                                "heddle_sessions{listener=\"imap\",state=\"selected\"} 1.0",
                                "heddle_deliveries_total{result=\"delivered\"} 0.0",
                                "heddle_database_wait_seconds_bucket{pool=\"heddle\",",
                                "heddle_database_time_seconds_bucket{kind=\"statements\",pool=\"heddle\",",
                                "hikaricp_connections{pool=\"heddle\"}",
                                "jvm_memory_used_bytes{",
                                "jvm_threads_virtual_live");
                assertThat(server.meter("heddle_received_bytes_total")).isPositive();
                assertThat(server.meter("heddle_sent_bytes_total")).isPositive();
            }
        }
    }

    @Test
    void startsWhollyOrNotAtAll() throws IOException {
        try (Server first = Server.start(config(Map.of()))) {
            String taken = String.valueOf(first.addresses().get("http"));
            assertThatThrownBy(() -> Server.start(config(Map.of("listen.http", taken))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(taken);
        }
    }

    private ServerConfig config(Map<String, String> settings) {
        return TestServer.config(directory, database, settings);
    }
}
