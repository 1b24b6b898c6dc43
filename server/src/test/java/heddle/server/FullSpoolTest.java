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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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

    /** Four users who send slowly take all of it, and one of them takes no more than a part. */
    @Test
    void whereTooMuchArrivesAtOnce() throws IOException {
        var settings = Map.of("limits.message", "1100KiB", "lmtp.message", "1100KiB", "spool.total", "4400KiB");
        int begun = LARGE.length() - 1;
        try (TestServer server = start(settings)) {
            var slow = new ArrayList<TestClient>();
            for (String user : List.of("ben", "cyd", "dan", "eve")) {
                server.freshAccount(user);
                slow.add(server.logIn(user));
            }
            slow.getFirst()
                    .send("t2 " + append(LARGE).substring(0, append(LARGE).length() - 1));
            TestServer.await("most of it is there", () -> server.meter("heddle_spool_bytes") == begun);
            assertThat(directory.resolve("spool"))
                    .as("what a killed server leaves")
                    .isEmptyDirectory();
            try (TestClient second = server.logIn("ben")) {
                assertThat(second.command(append(LARGE)).getLast()).endsWith(REFUSED);
            }
            takesOneMore(server);
            for (TestClient client : slow.subList(1, slow.size())) {
                client.send("t2 " + append(LARGE).substring(0, append(LARGE).length() - 1));
            }
            TestServer.await("most of all is there", () -> server.meter("heddle_spool_bytes") == 4 * begun);
            assertThat(deliver(server, LARGE)).startsWith("451 4.3.0 ");
            assertThat(server.meter("heddle_limits_hit_total{limit=\"spool\"}")).isEqualTo(2);
            for (TestClient client : slow) {
                client.send("\n\r\n");
                assertThat(client.answers("t2").getLast()).startsWith("t2 OK ");
                client.close();
            }
            server.awaitNobody();
        }
    }

    /** What there is no memory for is in one file, however many messages a command has: a process may not have many open. */
    @Test
    void messagesOfOneAppendShareAFile() throws IOException {
        try (TestServer server = start();
                TestClient client = server.logIn("ann")) {
            String many = " {" + SMALL.length() + "+}\r\n" + SMALL;
            double before = server.meter("process_files_open_files");
            client.send("t2 " + append("x".repeat(5000)) + many.repeat(500));
            TestServer.await(
                    "all of it is there", () -> server.meter("heddle_spool_bytes") >= 5000 + 250 * SMALL.length());
            assertThat(server.meter("process_files_open_files")).isLessThan(before + 20);
            client.send("\r\n");
            assertThat(client.answers("t2").getLast()).startsWith("t2 OK ");
            assertThat(client.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 501)");
        }
    }

    /** What cannot be taken makes room while the rest of it is still sent. */
    @Test
    void whatIsRefusedKeepsNoRoom() throws IOException {
        var settings = Map.of("limits.message", "64KiB", "lmtp.message", "512KiB", "spool.total", "512KiB");
        try (TestServer server = start(settings);
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.port("lmtp"))) {
            String begun = "LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n" + LARGE;
            socket.getOutputStream().write(begun.substring(0, 400_000).getBytes(UTF_8));
            TestServer.await("some of it is there", () -> server.meter("heddle_spool_bytes") > 300_000);
            socket.getOutputStream().write(begun.substring(400_000).getBytes(UTF_8));
            TestServer.await("it is let go", () -> server.meter("heddle_spool_bytes") == 0);
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
        takesOneMore(server);
        server.awaitNobody();
    }

    private static void takesOneMore(TestServer server) throws IOException {
        try (TestClient client = server.logIn("ann")) {
            client.append("INBOX", LARGE);
        }
        assertThat(deliver(server, LARGE)).startsWith("250 2.0.0 ");
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
