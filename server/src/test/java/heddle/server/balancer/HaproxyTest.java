package heddle.server.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three servers on one database behind HAProxy, with the configuration of the manifests. */
@Timeout(120)
class HaproxyTest {
    private static final Path CONFIGURATION = Path.of("../k8s/components/haproxy/haproxy.cfg");
    private static final byte[] LOCAL = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', 0x20, 0, 0, 0
    };

    @TempDir
    static Path directory;

    private static final List<TestServer> SERVERS = new ArrayList<>();
    private static Haproxy haproxy;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(Haproxy.isInstalled(), "haproxy is not installed");
        StorageConfig database = TestDatabase.create();
        for (int pod = 1; pod <= 3; pod++) {
            Path data = Files.createDirectory(directory.resolve("pod" + pod));
            SERVERS.add(TestServer.start(
                    data,
                    database,
                    Map.of(
                            "proxy.networks", "127.0.0.0/8",
                            "auth.plaintext", "never",
                            "auth.failures.per-address", "1",
                            "listen.lmtp", "127.0.0.1:0")));
        }
        SERVERS.getFirst().freshAccount("alice");
        haproxy = Haproxy.start(
                CONFIGURATION,
                directory,
                SERVERS.stream()
                        .map(server -> new Haproxy.Server(
                                server.port("imap"), server.port("imaps"), server.port("lmtp"), server.port("http")))
                        .toList());
    }

    @AfterAll
    static void stop() {
        if (haproxy != null) {
            haproxy.close();
        }
        SERVERS.forEach(TestServer::close);
    }

    @BeforeEach
    void awaitNobody() {
        SERVERS.forEach(TestServer::awaitNobody);
    }

    private static TestClient connect(String from) throws IOException {
        var client = new TestClient(haproxy.port(Haproxy.IMAPS), InetAddress.getByName(from));
        client.startTls();
        client.greeting();
        return client;
    }

    private static String logIn(TestClient client, String password) throws IOException {
        return client.command("LOGIN alice " + password).getLast().substring("t1 ".length());
    }

    /** TLS is the server's, and so it takes passwords; without it, it does not. */
    @Test
    void passesTlsThrough() throws IOException {
        try (TestClient plain = new TestClient(haproxy.port(Haproxy.IMAP));
                TestClient encrypted = connect("127.0.0.1")) {
            assertThat(plain.response().orElseThrow()).contains("LOGINDISABLED", "STARTTLS");
            assertThat(logIn(encrypted, TestServer.PASSWORD)).startsWith("OK ");
        }
    }

    /** An address from which a log-in has failed is refused, whichever server it comes to, and others are not. */
    @Test
    void saysWhoTheClientIs() throws IOException {
        try (TestClient one = connect("127.0.0.9");
                TestClient two = connect("127.0.0.9");
                TestClient three = connect("127.0.0.9")) {
            for (TestClient client : List.of(one, two, three)) {
                assertThat(logIn(client, "wrong")).startsWith("NO ");
            }
        }
        try (TestClient one = connect("127.0.0.9");
                TestClient two = connect("127.0.0.10")) {
            assertThat(logIn(one, TestServer.PASSWORD)).startsWith("NO [UNAVAILABLE]");
            assertThat(logIn(two, TestServer.PASSWORD)).startsWith("OK ");
        }
    }

    @Test
    void sendsClientsToTheServerWithTheFewest() throws IOException {
        var clients = new ArrayList<TestClient>();
        try {
            for (int i = 0; i < 9; i++) {
                clients.add(connect("127.0.0.1"));
            }
            assertThat(SERVERS).allSatisfy(server -> assertThat(server.meter("heddle_connections_open"))
                    .isEqualTo(3));
        } finally {
            for (TestClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void delivers() throws IOException {
        try (TestClient agent = new TestClient(haproxy.port(Haproxy.LMTP))) {
            assertThat(agent.response().orElseThrow()).startsWith("220 ");
            agent.send("LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<alice>\r\nDATA\r\n");
            while (!agent.response().orElseThrow().startsWith("354 ")) {}
            agent.send("Subject: through HAProxy\r\n\r\n.\r\n");
            assertThat(agent.response()).hasValue("250 2.0.0 delivered");
        }
        try (TestClient client = connect("127.0.0.1")) {
            assertThat(logIn(client, TestServer.PASSWORD)).startsWith("OK ");
            client.ok("SELECT INBOX");
            assertThat(client.ok("FETCH 1 BODY.PEEK[]").getFirst()).contains("Subject: through HAProxy\r\n");
        }
    }

    /** Whatever connects and leaves, at a server or through HAProxy, is no error. */
    @Test
    void letsHealthChecksLeaveWithoutALine() throws IOException {
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        var noting = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger heddle = Logger.getLogger("heddle");
        Level before = heddle.getLevel();
        heddle.setLevel(Level.INFO);
        heddle.addHandler(noting);
        try {
            for (TestServer server : SERVERS) {
                for (String listener : List.of("imap", "imaps", "lmtp")) {
                    double count = server.meter("heddle_connections_total");
                    comeAndLeave(server.port(listener), new byte[0]);
                    comeAndLeave(server.port(listener), LOCAL);
                    TestServer.await("they came", () -> server.meter("heddle_connections_total") == count + 2);
                }
            }
            comeAndLeave(haproxy.port(Haproxy.IMAP), new byte[0]);
            comeAndLeave(haproxy.port(Haproxy.IMAPS), new byte[0]);
            awaitNobody();
            assertThat(lines).isEmpty();
            assertThat(SERVERS).allSatisfy(server -> assertThat(server.meter("heddle_proxy_refused_total"))
                    .isZero());
        } finally {
            heddle.removeHandler(noting);
            heddle.setLevel(before);
        }
    }

    private static void comeAndLeave(int port, byte[] saying) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(saying);
        }
    }

    @Test
    void warnsOfNothing() {
        assertThat(haproxy.log()).doesNotContain("[WARNING]", "[ALERT]");
    }
}
