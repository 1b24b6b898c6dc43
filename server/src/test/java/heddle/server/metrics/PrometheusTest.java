package heddle.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.balancer.Haproxy;
import heddle.server.kill.ServerProcess;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus scrapes three servers, and HAProxy before two of them: every query of every dashboard has data, and every
 * alert fires when what it watches is broken. They are those of {@code k8s/components}, but for times, which are seconds here.
 * Skipped where Prometheus or HAProxy is not installed.
 */
@Tag("slow")
@Timeout(400)
class PrometheusTest {
    private static final Path COMPONENTS = Path.of("..", "k8s", "components");
    private static final Path MONITORING = COMPONENTS.resolve("monitoring");
    private static final Path HAPROXY = COMPONENTS.resolve("haproxy");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
    private static final String MESSAGE = "Subject: counted\r\n\r\nmarzipan\r\n";

    /** Often enough that the rate over the last seconds is above one a second. */
    private static final int MANY = 40;

    /** Clients that HAProxy takes. */
    private static final int FEW = 20;

    @TempDir
    Path directory;

    private final StorageConfig database = TestDatabase.create();
    private final Set<String> fired = new TreeSet<>();

    @Test
    void dashboardsHaveDataAndAlertsFire() throws Exception {
        Path program = Prometheus.program().orElse(null);
        assumeTrue(program != null, "prometheus is not installed");
        assumeTrue(Haproxy.isInstalled(), "haproxy is not installed");
        Haproxy.Server third = Haproxy.Server.onFreePorts();
        try (TestServer first = start("first", Map.of("connections.total", "30"));
                TestServer second = start("second", oldCertificate())) {
            first.freshAccount("ann");
            List<Integer> ports = List.of(first.port("http"), second.port("http"), third.http());
            try (Haproxy balancer = balancer(first, second);
                    var prometheus = Prometheus.start(program, directory, ports, balancer.observed(), rules())) {
                TestServer.await("Prometheus is ready", prometheus::isReady);
                dashboardsHaveData(prometheus, List.of(first, second));
                alertsOfAProcessFire(prometheus, third);
                crowdBalancer(prometheus, balancer);
                alertsFire(prometheus, first, second);
                expect(prometheus, "HaproxyHasNoPods");
                balancer.kill();
                expect(prometheus, "HaproxyAbsent");
            }
        }
        assertThat(fired).isEqualTo(alerts());
    }

    private TestServer start(String name, Map<String, String> further) throws IOException {
        var settings = new HashMap<String, String>();
        settings.put("listen.lmtp", "127.0.0.1:0");
        settings.put("database.pool.size", "2");
        settings.put("connections.per-user", "5");
        settings.put("auth.failures.per-connection", "1000");
        settings.put("sweeper.interval", "1d");
        settings.putAll(further);
        return TestServer.start(Files.createDirectory(directory.resolve(name)), database, settings);
    }

    /** {@return settings with a certificate that expires within a day} */
    private Map<String, String> oldCertificate() throws IOException, InterruptedException {
        Path certificate = directory.resolve("old.p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process made = new ProcessBuilder(
                        keytool.toString(),
                        "-genkeypair",
                        "-keystore",
                        certificate.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-alias",
                        "old",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-startdate",
                        "-1d",
                        "-validity",
                        "1")
                .inheritIO()
                .start();
        assertThat(made.waitFor()).isZero();
        Path password = Files.writeString(directory.resolve("password"), "changeit");
        return Map.of("tls.certificate", certificate.toString(), "tls.password-file", password.toString());
    }

    /** HAProxy, as the manifests have it, but it takes few clients, and servers take it for one. */
    private Haproxy balancer(TestServer... servers) throws IOException {
        List<Haproxy.Server> places = Stream.of(servers)
                .map(server -> new Haproxy.Server(
                        server.port("imap"), server.port("imaps"), server.port("lmtp"), server.port("http")))
                .toList();
        String config = Files.readString(HAPROXY.resolve("haproxy.cfg"));
        Path few = Files.writeString(
                directory.resolve("few.cfg"),
                config.replace("maxconn 15000", "maxconn " + FEW).replace("send-proxy-v2 ", ""));
        return Haproxy.start(few, Files.createDirectory(directory.resolve("haproxy")), places);
    }

    /** {@return the groups of all alerts, as the objects for Prometheus' operator have them} */
    private static String groups() throws IOException {
        var groups = new StringBuilder();
        for (Path component : List.of(MONITORING, HAPROXY.resolve("monitoring"))) {
            String object = Files.readString(component.resolve("prometheusrule.yaml"));
            groups.append(object.substring(object.indexOf("  groups:\n") + 10));
        }
        return groups.toString();
    }

    /** {@return the names of all alerts} */
    private static Set<String> alerts() throws IOException {
        return ALERT.matcher(groups()).results().map(alert -> alert.group(1)).collect(Collectors.toSet());
    }

    /** {@return all alerts, in seconds} */
    private static String rules() throws IOException {
        return "groups:\n"
                + groups().replaceAll("(?m)^  ", "")
                        .replaceAll("for: [0-9]+m", "for: 1s")
                        .replaceAll("\\[[0-9]+m]", "[10s]")
                        .replaceAll("(?s)(_count\\{[^}]*}\\[10s]\\)\\)) > 1\\b", "$1 > 0")
                        .replace("offset 15m", "offset 10s")
                        .replace(
                                "heddle_feed_age_seconds{job=\"heddle\"} > 30",
                                "heddle_feed_age_seconds{job=\"heddle\"} > 5")
                        .replace("3 * 3600", "3");
    }

    private static void dashboardsHaveData(Prometheus prometheus, List<TestServer> servers) throws IOException {
        Map<String, String> queries = queries();
        assertThat(queries).hasSizeGreaterThan(50);
        var empty = new TreeSet<>(queries.keySet());
        System.gc(); // so that there is a pause to be shown
        long end = System.nanoTime() + 60_000_000_000L;
        while (!empty.isEmpty() && System.nanoTime() < end) {
            for (TestServer server : servers) {
                work(server);
            }
            empty.removeIf(name -> hasData(prometheus, queries.get(name)));
        }
        assertThat(empty).as("panels without data").isEmpty();
    }

    private static boolean hasData(Prometheus prometheus, String query) {
        return prometheus.query(query).stream().anyMatch(value -> !value.equals("NaN"));
    }

    /** {@return panel → query, one for each line that a panel shows} */
    private static Map<String, String> queries() throws IOException {
        var queries = new HashMap<String, String>();
        try (Stream<Path> files = Files.list(MONITORING.resolve("dashboards"))) {
            for (Path file : files.toList()) {
                try (var reader = Json.createReader(Files.newBufferedReader(file))) {
                    addQueries(reader.readObject(), queries);
                }
            }
        }
        return queries;
    }

    private static void addQueries(JsonObject dashboard, Map<String, String> queries) {
        for (JsonValue each : dashboard.getJsonArray("panels")) {
            JsonObject panel = each.asJsonObject();
            if (panel.containsKey("targets")) {
                for (JsonValue target : panel.getJsonArray("targets")) {
                    JsonObject query = target.asJsonObject();
                    queries.put(
                            String.join(
                                    " / ",
                                    dashboard.getString("title"),
                                    panel.getString("title"),
                                    query.getString("refId")),
                            query.getString("expr")
                                    .replace("$__rate_interval", "10s")
                                    .replace("$pod", ".*")
                                    .replace(" or vector(0)", "")); // which would hide that nothing is there
                }
            }
        }
    }

    /** A little of everything that is counted. */
    private static void work(TestServer server) throws IOException {
        server.freshAccount("ben");
        try (TestClient client = server.connect()) {
            client.command("LOGIN ann wrong");
            client.command("AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=");
            client.append("INBOX", MESSAGE);
            client.ok("SELECT INBOX");
            client.ok("SEARCH BODY marzipan");
            client.ok("FETCH 1 (FLAGS ENVELOPE BODY.PEEK[])");
            client.command("SELECT nowhere");
            client.command("FETCH 1 NOTHING");
            client.ok("COMPRESS DEFLATE");
            client.startCompression();
            client.ok("NOOP");
            client.ok("LOGOUT");
        }
        try (TestClient client = server.connect()) {
            client.ok("STARTTLS");
            client.startTls();
            client.ok("LOGIN ben secret");
            client.ok("SELECT INBOX");
        }
        try (TestClient client = server.connect()) {
            client.send("a LOGIN ".repeat(10_000)); // longer than any line may be, and so it is sent away
            assertThat(client.response())
                    .hasValueSatisfying(last -> assertThat(last).startsWith("* BYE "));
        }
        deliver(server);
    }

    private static void deliver(TestServer server) throws IOException {
        try (var mta = new TestClient(server.port("lmtp"))) {
            mta.send("LHLO here\r\nMAIL FROM:<bob@example.org>\r\nRCPT TO:<nobody@example.org>\r\n");
            mta.send("RCPT TO:<ann@example.org>\r\nDATA\r\n" + MESSAGE + ".\r\nQUIT\r\n");
            while (mta.response().isPresent()) {
                // until it has answered all of it
            }
        }
    }

    /** A process that starts again and again, and has little of everything. */
    private void alertsOfAProcessFire(Prometheus prometheus, Haproxy.Server place) throws IOException {
        Path home = Files.createDirectory(directory.resolve("third"));
        ServerProcess server = StarvedServer.start(home, database, place);
        try {
            for (String before : List.of("0", "1", "2")) {
                TestServer.await("Prometheus sees it", () -> starts(prometheus).equals(List.of(before)));
                server.kill();
                server = StarvedServer.start(home, database, place);
            }
            expect(prometheus, "HeddleRestarts", "HeddleMemoryShort", "HeddleGarbageCollection");
            fillWithConnections(prometheus, server);
        } finally {
            server.kill();
        }
        expect(prometheus, "HeddleDown");
    }

    private static List<String> starts(Prometheus prometheus) {
        return prometheus.query("changes(process_start_time_seconds{pod=\"heddle-2\"}[1h])");
    }

    private void fillWithConnections(Prometheus prometheus, ServerProcess server) throws IOException {
        String free = prometheus
                .query("process_files_max_files{pod=\"heddle-2\"} - process_files_open_files")
                .getFirst();
        var crowd = new ArrayList<TestClient>();
        while (crowd.size() < Integer.parseInt(free) - 10) { // some are left for whoever asks for metrics
            crowd.add(new TestClient(server.port()));
        }
        expect(prometheus, "HeddleFilesShort");
        for (TestClient one : crowd) {
            one.close();
        }
    }

    private void alertsFire(Prometheus prometheus, TestServer first, TestServer second) throws Exception {
        expect(prometheus, "HeddleCertificateExpires", "HeddleCertificateExpired", "HeddleSweeperBehind");

        for (int i = 0; i < MANY; i++) {
            try (TestClient client = first.connect()) {
                client.command("LOGIN ann wrong");
                client.command("LOGIN ann wrong");
            }
        }
        expect(prometheus, "HeddleLogInsFail");

        var sessions = new ArrayList<TestClient>();
        for (int i = 0; i < 5; i++) {
            sessions.add(second.logIn("ann"));
        }
        for (int i = 0; i < MANY; i++) {
            try (TestClient client = second.connect()) {
                client.command("LOGIN ann secret");
            }
            speak(second.port("imaps"), "this is no TLS\r\n\r\n");
        }
        expect(prometheus, "HeddleLimitsHit", "HeddleHandshakesFail");
        for (TestClient session : sessions) {
            session.close();
        }

        for (int i = 0; i < MANY; i++) {
            speak(first.port("imap"), "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n");
        }
        expect(prometheus, "HeddleBalancerRefused");

        var crowd = new ArrayList<Socket>();
        for (int i = 0; i < 40; i++) {
            crowd.add(new TestClient(first.port("imap")).socket());
        }
        expect(prometheus, "HeddleFull");
        for (Socket one : crowd) {
            one.close();
        }

        try (Slow _ = new Slow(database)) {
            var waiting = new ArrayList<Thread>();
            for (int i = 0; i < 4; i++) {
                String name = "box" + i;
                waiting.add(Thread.ofVirtual().start(() -> create(second, name)));
            }
            for (Thread each : waiting) {
                each.join();
            }
            expect(prometheus, "HeddleDatabaseSlow", "HeddleDatabaseBusy", "HeddleCommandsSlow", "HeddleFeedSlow");
        }

        refuseContents();
        try (TestClient client = first.logIn("ann")) {
            assertThat(client.command("APPEND INBOX {4+}\r\nlost").getLast()).contains("SERVERBUG");
        }
        expect(prometheus, "HeddleErrors");

        Thread.ofVirtual().start(Slowpoke::meet).join();
        expect(prometheus, "HeddleThreadsPinned");

        first.allowDatabase(false);
        deliver(first);
        expect(
                prometheus,
                "HeddleDatabaseUnavailable",
                "HeddleDeliveriesDeferred",
                "HeddleFeedBehind",
                "HeddleHeartbeatsFail");
        first.allowDatabase(true);

        second.close();
        expect(prometheus, "HeddleNoSpare");
        first.close();
        expect(prometheus, "HeddleAbsent");
    }

    private void crowdBalancer(Prometheus prometheus, Haproxy balancer) throws IOException {
        var crowd = new ArrayList<Socket>();
        for (int i = 0; i < FEW; i++) {
            crowd.add(new TestClient(balancer.port(Haproxy.IMAP)).socket());
        }
        expect(prometheus, "HaproxyFull");
        for (Socket one : crowd) {
            one.close();
        }
    }

    private void expect(Prometheus prometheus, String... alerts) {
        for (String alert : alerts) {
            TestServer.await(alert + " fires", () -> prometheus.firing().contains(alert));
            fired.add(alert);
        }
    }

    private static void speak(int port, String octets) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(octets.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    private static void create(TestServer server, String mailbox) {
        try (TestClient client = server.logIn("ann")) {
            client.command("CREATE " + mailbox);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** A virtual thread that waits while it initializes a class keeps its carrier. */
    private static final class Slowpoke {
        static {
            LockSupport.parkNanos(3_000_000_000L);
        }

        static void meet() {}
    }

    /** A database that takes four seconds for each new mailbox. */
    private static final class Slow implements AutoCloseable {
        private final StorageConfig database;

        Slow(StorageConfig database) throws SQLException {
            this.database = database;
            execute(database, """
                    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            PERFORM pg_sleep(4);
                            RETURN new;
                        END
                    $$;
                    CREATE TRIGGER dawdle BEFORE INSERT ON mailbox FOR EACH ROW EXECUTE FUNCTION dawdle();
                    """);
        }

        @Override
        public void close() throws SQLException {
            execute(database, "DROP TRIGGER dawdle ON mailbox");
        }
    }

    private void refuseContents() throws SQLException {
        execute(database, """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        RAISE 'refused' USING ERRCODE = '22000';
                    END
                $$;
                CREATE TRIGGER refuse BEFORE INSERT ON content FOR EACH ROW EXECUTE FUNCTION refuse();
                """);
    }

    private static void execute(StorageConfig database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database.url(), database.user(), database.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
