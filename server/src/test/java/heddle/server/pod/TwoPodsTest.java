package heddle.server.pod;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.AccountId;
import heddle.storage.ListedSession;
import heddle.storage.Sessions;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What holds on two servers together: limits, orders of operators, a fair share of the sessions. */
@Timeout(120)
class TwoPodsTest {
    private static final Map<String, String> SETTINGS = Map.of(
            "connections.per-user", "3",
            "connections.per-address", "2",
            "auth.failures.per-address", "4",
            "proxy.networks", "127.0.0.2",
            "listen.http", "*:0",
            "balance.percent", "125",
            "balance.rate", "100",
            "balance.age", "1s");

    private static final String MORE_ROOM = "* BYE another server has more room, please connect again";

    @TempDir
    Path directory;

    private final StorageConfig database = TestDatabase.create();
    private TestServer one;
    private TestServer other;

    @BeforeEach
    void start() throws IOException {
        one = start("one");
        other = start("other");
        one.freshAccount("ann");
        one.freshAccount("ben");
    }

    private TestServer start(String name) throws IOException {
        var settings = new HashMap<>(SETTINGS);
        settings.put("pod.name", name);
        return TestServer.start(Files.createDirectory(directory.resolve(name)), database, settings);
    }

    @AfterEach
    void stop() {
        one.close();
        other.close();
    }

    private List<ListedSession> sessions() {
        return other.storage().sessions().list(null, Sessions.FIRST);
    }

    private void awaitSessions(int count) {
        TestServer.await(count + " sessions are listed", () -> sessions().size() == count);
    }

    private static String logIn(TestServer server, String user, String password) {
        try (TestClient client = server.connect()) {
            return client.command("LOGIN " + user + " " + password).getLast();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String logIn(TestServer server) {
        return logIn(server, "ann", TestServer.PASSWORD);
    }

    /** Each knows after a second or two what the other has. */
    @Test
    void aUserHasOnlySoManyConnections() throws IOException {
        try (TestClient first = one.logIn("ann");
                TestClient _ = other.logIn("ann");
                TestClient _ = other.logIn("ann")) {
            for (TestServer server : List.of(one, other)) {
                TestServer.await("a fourth is refused", () -> logIn(server).startsWith("t1 NO [LIMIT] "));
                assertThat(logIn(server, "ben", TestServer.PASSWORD)).startsWith("t1 OK ");
            }
            first.ok("LOGOUT");
            for (TestServer server : List.of(one, other)) {
                TestServer.await("there is room again", () -> logIn(server).startsWith("t1 OK "));
            }
        }
    }

    @Test
    void anAddressHasOnlySoManyConnections() throws IOException {
        try (Socket first = throughABalancer(one, "192.0.2.1");
                Socket second = throughABalancer(other, "192.0.2.1")) {
            assertThat(line(first)).startsWith("* OK ");
            assertThat(line(second)).startsWith("* OK ");
            for (TestServer server : List.of(one, other)) {
                TestServer.await("a third is refused", () -> greeting(server, "192.0.2.1")
                        .equals("* BYE too many connections"));
                assertThat(greeting(server, "192.0.2.2")).startsWith("* OK ");
            }
        }
        for (TestServer server : List.of(one, other)) {
            TestServer.await(
                    "there is room again", () -> greeting(server, "192.0.2.1").startsWith("* OK "));
        }
    }

    private static Socket throughABalancer(TestServer server, String client) throws IOException {
        var socket = new Socket(
                InetAddress.getLoopbackAddress(), server.port("imap"), InetAddress.ofLiteral("127.0.0.2"), 0);
        socket.setSoTimeout(20_000);
        String header = "PROXY TCP4 " + client + " 198.51.100.2 50000 143\r\n";
        socket.getOutputStream().write(header.getBytes(US_ASCII));
        return socket;
    }

    private static String line(Socket client) throws IOException {
        return new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII)).readLine();
    }

    private static String greeting(TestServer server, String client) {
        try (Socket socket = throughABalancer(server, client)) {
            return line(socket);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void anAddressFailsOnlySoOftenToLogIn() {
        for (TestServer server : List.of(one, other, one, other)) {
            assertThat(logIn(server, "ann", "wrong")).startsWith("t1 NO [AUTHENTICATIONFAILED] ");
        }
        for (TestServer server : List.of(one, other)) {
            TestServer.await("it is barred", () -> logIn(server).startsWith("t1 NO [UNAVAILABLE] "));
        }
    }

    /** Between two commands, in IDLE, and before log-in, wherever it is. */
    @Test
    void anySessionCanBeEndedFromAnywhere() throws IOException {
        try (TestClient waiting = one.logIn("ann");
                TestClient idle = other.logIn("ann");
                TestClient stranger = one.connect();
                TestClient ben = one.logIn("ben")) {
            idle.begin("IDLE");
            assertThat(idle.response()).contains("+ idling");
            TestServer.await(
                    "all are listed",
                    () -> sessions().stream()
                                    .filter(session -> session.user() != null)
                                    .count()
                            == 3);
            for (ListedSession session : sessions()) {
                if (session.user() == null) {
                    assertThat(one.storage().sessions().end(session.id(), Sessions.ENDED))
                            .isTrue();
                }
            }
            AccountId ann = account("ann");
            assertThat(one.storage().sessions().endAll(ann, "moving house")).isEqualTo(2);
            assertThat(waiting.response()).contains("* BYE moving house");
            assertThat(idle.response()).contains("* BYE moving house");
            assertThat(stranger.response()).contains("* BYE " + Sessions.ENDED);
            assertThat(waiting.response()).isEmpty();
            awaitSessions(1);
            ben.ok("NOOP");
            assertThat(one.meter("heddle_sessions_dismissed_total")).isEqualTo(2);
        }
    }

    private AccountId account(String user) {
        return one.storage().accounts().find(user).orElseThrow().id();
    }

    /** Also those that nobody has been told of yet. */
    @Test
    void noSessionOutlivesItsAccount() throws IOException {
        try (TestClient ann = one.logIn("ann");
                TestClient ben = other.logIn("ben")) {
            one.storage().accounts().setDisabled(account("ann"), true);
            other.storage().accounts().delete(account("ben"));
            assertThat(ann.response()).contains("* BYE this account is closed");
            assertThat(ben.response()).contains("* BYE this account is closed");
        }
    }

    @Test
    void clientsGoToAServerWithMoreRoom() throws IOException {
        for (int i = 0; i < 40; i++) {
            one.freshAccount("user" + i);
        }
        Queue<TestClient> clients = new ConcurrentLinkedQueue<>();
        try {
            for (int i = 0; i < 40; i++) {
                String user = "user" + i;
                TestClient client = one.logIn(user);
                clients.add(client);
                Thread.ofVirtual().start(() -> comeBack(client, user, clients));
            }
            TestServer.await("a quarter has gone over", () -> loads().equals(List.of(30, 10)));
            assertThat(one.meter("heddle_sessions_dismissed_total")).isEqualTo(10);
        } finally {
            for (TestClient client : clients) {
                client.close();
            }
        }
    }

    /** The balancer gives whoever is sent away to the other server. */
    private void comeBack(TestClient client, String user, Queue<TestClient> clients) {
        try {
            if (client.response().equals(Optional.of(MORE_ROOM))) {
                clients.add(other.logIn(user));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private List<Integer> loads() {
        return other.storage().pods().list().stream()
                .map(pod -> pod.load().sessions())
                .toList();
    }

    /** A crash of the database takes all that pods have told; they tell it again. */
    @Test
    void nothingIsLostForLong() throws Exception {
        try (TestClient client = one.logIn("ann")) {
            awaitSessions(1);
            ListedSession before = sessions().getFirst();
            try (Connection connection =
                            DriverManager.getConnection(database.url(), database.user(), database.password());
                    Statement statement = connection.createStatement()) {
                statement.execute("TRUNCATE pod, session, failed_log_in, sweeper");
            }
            awaitSessions(1);
            assertThat(sessions().getFirst().id()).isEqualTo(before.id());
            TestServer.await("both are there", () -> one.storage().pods().list().size() == 2);
            client.ok("NOOP");
        }
    }

    @Test
    void oneThatStopsSaysSo() throws Exception {
        TestServer.await("both are there", () -> one.storage().pods().list().size() == 2);
        assertThat(one.meter("heddle_pods")).isBetween(1.0, 2.0);
        other.close();
        assertThat(one.storage().pods().list())
                .extracting(pod -> pod.program().name())
                .containsExactly("one");
        TestServer.await("it is seen", () -> one.meter("heddle_pods") == 1);
    }

    @Test
    void operatorsAskOverHttp() throws IOException {
        try (TestClient client = one.logIn("ann");
                TestClient ben = one.logIn("ben")) {
            TestServer.await(
                    "both are listed",
                    () -> other.get("/sessions?user=ann").body().contains("\"ann\"")
                            && other.get("/sessions?user=ben").body().contains("\"ben\""));
            assertThat(other.get("/pods").body())
                    .contains("\"name\":\"one\"", "\"name\":\"other\"", "\"draining\":false");
            HttpResponse<String> listed = other.get("/sessions");
            assertThat(listed.headers().firstValue("Content-Type")).hasValue("application/json");
            JsonArray sessions =
                    Json.createReader(new StringReader(listed.body())).readArray();
            assertThat(sessions).hasSize(2);
            JsonObject session = sessions.getJsonObject(0);
            assertThat(session.getString("address")).isEqualTo("127.0.0.1");
            assertThat(session.getString("listener")).isEqualTo("imap");
            assertThat(session.getBoolean("tls")).isFalse();
            assertThat(session.getString("pod")).isEqualTo("one");

            assertThat(other.get("/sessions?user=nobody").statusCode()).isEqualTo(404);
            assertThat(other.ask("DELETE", "/sessions").statusCode()).isEqualTo(404);
            assertThat(other.ask("DELETE", "/sessions/1-99").statusCode()).isEqualTo(404);
            assertThat(other.ask("DELETE", "/sessions/nonsense").statusCode()).isEqualTo(404);
            assertThat(other.ask("DELETE", "/sessions?user=ann&reason=a%0Ab").statusCode())
                    .isEqualTo(400);
            client.ok("NOOP");
            assertThat(other.ask("DELETE", "/sessions?user=ann&reason=lunch").body())
                    .isEqualTo("{\"sessions\":1}");
            assertThat(client.response()).contains("* BYE lunch");
            String bens = Json.createReader(
                            new StringReader(other.get("/sessions?user=ben").body()))
                    .readArray()
                    .getJsonObject(0)
                    .getString("id");
            assertThat(other.ask("DELETE", "/sessions/" + bens).statusCode()).isEqualTo(202);
            assertThat(ben.response()).contains("* BYE " + Sessions.ENDED);
        }
    }

    /** Nobody logs in there, so it is for this machine only; metrics are for all. */
    @Test
    void nobodyAsksFromElsewhere() throws Exception {
        Optional<InetAddress> outside = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst();
        assumeThat(outside).as("an address that is not loopback").isPresent();
        String server = "http://" + outside.get().getHostAddress() + ":" + one.port("http");
        for (String path : List.of("/pods", "/sessions", "/sessions?user=ann")) {
            assertThat(status("GET", server + path)).as(path).isEqualTo(403);
        }
        assertThat(status("DELETE", server + "/sessions?user=ann")).isEqualTo(403);
        assertThat(status("DELETE", server + "/sessions/1-1")).isEqualTo(403);
        assertThat(status("GET", server + "/metrics")).isEqualTo(200);
    }

    /** A name that was made to lead here, a web page, a proxy. */
    @Test
    void nobodyAsksThroughAnother() throws IOException {
        assertThat(status("localhost")).startsWith("HTTP/1.1 200 ");
        assertThat(status("127.0.0.1:8080")).startsWith("HTTP/1.1 200 ");
        assertThat(status("[::1]:8080")).startsWith("HTTP/1.1 200 ");
        assertThat(status("rebound.example:8080")).startsWith("HTTP/1.1 403 ");
        assertThat(status("localhost.example")).startsWith("HTTP/1.1 403 ");
        assertThat(status("localhost\r\nOrigin: https://example.org")).startsWith("HTTP/1.1 403 ");
        assertThat(status("localhost\r\nForwarded: for=192.0.2.1")).startsWith("HTTP/1.1 403 ");
        assertThat(status("localhost\r\nX-Forwarded-For: 192.0.2.1")).startsWith("HTTP/1.1 403 ");
    }

    private String status(String host) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), one.port("http"))) {
            socket.setSoTimeout(20_000);
            String request = "GET /pods HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            return line(socket);
        }
    }

    private static int status(String method, String uri) throws IOException {
        var connection = (HttpURLConnection) URI.create(uri).toURL().openConnection();
        connection.setRequestMethod(method);
        return connection.getResponseCode();
    }
}
