package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are slow or vanish: nothing of them stays behind. */
@Timeout(120)
class GoneClientTest {
    private static final int LARGE = 24 << 20;

    @TempDir
    static Path directory;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(
                directory,
                Map.of(
                        "spool.memory", "4KiB",
                        "write.timeout", "2s",
                        "handshake.timeout", "1s",
                        "login.timeout", "2s"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void freshAccount() {
        server.freshAccount("ann");
    }

    @Test
    void inTheMiddleOfALiteral() throws IOException {
        TestClient client = server.logIn("ann");
        client.send("a1 APPEND INBOX {100000+}\r\n" + "x".repeat(50_000));
        TestServer.await("a temporary file is there", () -> server.meter("heddle_spool_bytes") > 0);
        assertThat(server.meter("hikaricp_connections_active")).isZero();
        client.reset();
        server.awaitNobody();
        try (TestClient next = server.logIn("ann")) {
            assertThat(next.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 0)");
        }
    }

    @Test
    void inTheMiddleOfALine() throws IOException {
        TestClient client = server.logIn("ann");
        client.send("a1 SELECT INB");
        client.close();
        server.awaitNobody();
    }

    @Test
    void inTheMiddleOfALargeMessage() throws IOException {
        TestClient client = withLargeMessage();
        client.begin("FETCH 1 BODY.PEEK[]");
        assertThat(client.input().readNBytes(100)).hasSize(100);
        TestServer.await(
                "no database connection waits for the client", () -> server.meter("hikaricp_connections_active") == 0);
        client.reset();
        server.awaitNobody();
    }

    @Test
    void thatDoesNotReadWhatItAskedFor() throws IOException {
        try (TestClient client = withLargeMessage()) {
            client.begin("FETCH 1 BODY.PEEK[]");
            assertThat(client.input().readNBytes(100)).hasSize(100);
            server.awaitNobody();
        }
    }

    private static TestClient withLargeMessage() throws IOException {
        TestClient client = server.logIn("ann");
        client.append("INBOX", "Subject: large\r\n\r\n" + ("x".repeat(1022) + "\r\n").repeat(LARGE >> 10));
        client.ok("SELECT INBOX");
        return client;
    }

    @Test
    void whileItIdles() throws IOException {
        TestClient client = server.logIn("ann");
        client.ok("SELECT INBOX");
        client.begin("IDLE");
        client.response();
        client.reset();
        server.awaitNobody();
    }

    @Test
    void inTheMiddleOfATlsHandshake() throws IOException {
        byte[] someOfAClientHello = {22, 3, 1, 2, 0, 1, 0, 1};
        try (var gone = new Socket(InetAddress.getLoopbackAddress(), server.port("imaps"))) {
            gone.getOutputStream().write(someOfAClientHello);
        }
        server.awaitNobody();
        try (var silent = new Socket(InetAddress.getLoopbackAddress(), server.port("imaps"))) {
            silent.getOutputStream().write(someOfAClientHello);
            server.awaitNobody();
        }
        double before = server.meter("heddle_limits_hit_total");
        try (TestClient client = server.connect()) {
            client.ok("STARTTLS");
            client.send(someOfAClientHello);
            server.awaitNobody();
            assertThatThrownBy(client::response)
                    .as("nothing is said into the handshake")
                    .hasMessage("Connection reset");
        }
        assertThat(server.meter("heddle_limits_hit_total"))
                .as("it is one limit")
                .isEqualTo(before + 1);
    }

    @Test
    void thatDoesNotLogIn() throws IOException {
        try (TestClient client = server.connect()) {
            assertThat(client.response())
                    .hasValueSatisfying(bye -> assertThat(bye).startsWith("* BYE "));
            assertThat(client.response()).isEmpty();
        }
        server.awaitNobody();
    }
}
