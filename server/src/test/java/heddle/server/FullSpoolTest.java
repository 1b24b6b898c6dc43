package heddle.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** No room for temporary files: who sends a large message is told so, and that is all. */
@Timeout(120)
class FullSpoolTest {
    private static final String LARGE = "Subject: large\r\n\r\n" + ("x".repeat(1022) + "\r\n").repeat(1024);
    private static final String SMALL = "Subject: small\r\n\r\n";
    private static final String REFUSED = " NO [UNAVAILABLE] there is no room for messages that arrive";

    @TempDir
    private Path directory;

    @Test
    void whereNoFileCanBeMade() throws IOException {
        Path spool = Files.createFile(directory.resolve("spool")); // which ought to be a directory
        try (TestServer server = start()) {
            refusesTheLarge(server);
            Files.delete(spool);
            takesTheLarge(server);
        }
    }

    /** Many small messages take no more memory than one: what is too much goes to files, which cannot be made here. */
    @Test
    void messagesOfOneAppendShareTheMemory() throws IOException {
        Files.createFile(directory.resolve("spool"));
        String half = SMALL + "x".repeat(2500);
        String another = " {" + half.length() + "+}\r\n" + half;
        try (TestServer server = start();
                TestClient client = server.logIn("ann")) {
            client.append("INBOX", half);
            assertThat(client.command(append(half) + another).getLast()).endsWith(REFUSED);
        }
    }

    @Test
    void whereTheDiskIsFull() throws IOException, InterruptedException {
        Path spool = Files.createDirectory(directory.resolve("spool"));
        assumeTrue(succeeds("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", spool.toString()), "needs root");
        try (TestServer server = start()) {
            refusesTheLarge(server);
            assertThat(server.meter("heddle_spool_bytes")).isZero();
            succeeds("mount", "-o", "remount,size=8m", spool.toString());
            takesTheLarge(server);
        } finally {
            succeeds("umount", spool.toString());
        }
    }

    /** Each of two messages has room, and both together have not. */
    @Test
    void whereTooMuchArrivesAtOnce() throws IOException {
        var settings = Map.of("limits.message", "1500KiB", "lmtp.message", "1500KiB", "spool.total", "1500KiB");
        try (TestServer server = start(settings);
                TestClient slow = server.logIn("ann")) {
            int half = LARGE.length() / 2;
            slow.send("t2 APPEND INBOX {" + LARGE.length() + "+}\r\n" + LARGE.substring(0, half));
            TestServer.await("half of it is there", () -> server.meter("heddle_spool_bytes") > LARGE.length() / 3.0);
            assertThat(directory.resolve("spool")).as("what a killed server leaves").isEmptyDirectory();
            try (TestClient other = server.logIn("ann")) {
                assertThat(other.command(append(LARGE)).getLast()).endsWith(REFUSED);
            }
            assertThat(deliver(server, LARGE)).startsWith("451 4.3.0 ");
            assertThat(server.meter("heddle_limits_hit_total{limit=\"spool\"}")).isEqualTo(2);
            slow.send(LARGE.substring(half) + "\r\n");
            assertThat(slow.answers("t2").getLast()).startsWith("t2 OK ");
            slow.ok("LOGOUT");
            takesTheLarge(server);
        }
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }

    private TestServer start() throws IOException {
        return start(Map.of());
    }

    private TestServer start(Map<String, String> settings) throws IOException {
        var all = new HashMap<>(settings);
        all.putAll(Map.of("listen.lmtp", "127.0.0.1:0", "spool.memory", "4KiB"));
        TestServer server = TestServer.start(directory, all);
        server.freshAccount("ann");
        return server;
    }

    private static void refusesTheLarge(TestServer server) throws IOException {
        try (TestClient client = server.logIn("ann")) {
            assertThat(client.command(append(LARGE)).getLast()).isEqualTo("t2" + REFUSED);
            // What is pipelined behind it is not out of step.
            assertThat(client.command(append(SMALL) + " {" + LARGE.length() + "+}\r\n" + LARGE)
                            .getLast())
                    .isEqualTo("t3" + REFUSED);
            client.append("INBOX", SMALL);
            assertThat(client.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 1)");
        }
        assertThat(deliver(server, LARGE)).startsWith("451 4.3.0 ");
        assertThat(deliver(server, SMALL)).startsWith("250 2.0.0 ");
        server.awaitNobody();
    }

    private static void takesTheLarge(TestServer server) throws IOException {
        try (TestClient client = server.logIn("ann")) {
            client.append("INBOX", LARGE);
        }
        assertThat(deliver(server, LARGE)).startsWith("250 2.0.0 ");
        server.awaitNobody();
    }

    private static String append(String message) {
        return "APPEND INBOX {" + message.length() + "+}\r\n" + message;
    }

    /** {@return the answer to the message} */
    private static String deliver(TestServer server, String message) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port("lmtp"));
                var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
            String all = "LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n" + message + ".\r\nQUIT\r\n";
            socket.getOutputStream().write(all.getBytes(UTF_8));
            return in.lines()
                    .dropWhile(line -> !line.startsWith("354 "))
                    .skip(1)
                    .findFirst()
                    .orElse("no answer");
        }
    }
}
