package heddle.server.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is large costs no memory: the heap that is in use after a collection, while it passes through. */
@Timeout(180)
class MemoryTest {
    private static final int LARGE = 50 << 20;
    private static final int ALLOWED = 8 << 20;
    private static final int PIECE = 64 << 10;

    /** Between two looks at the heap, in nanoseconds: each is a full collection. */
    private static final long PAUSE = 300_000_000;

    @TempDir
    static Path directory;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(directory, Map.of("limits.message", "80MiB"));
        server.freshAccount("ann");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Looks at the heap again and again while something is done. */
    private static final class Watch implements AutoCloseable {
        private final long before;
        private volatile long most;
        private volatile boolean ended;
        private final Thread thread;

        Watch() {
            used();
            before = used();
            thread = Thread.ofPlatform().start(() -> {
                while (!ended) {
                    most = Math.max(most, used());
                    LockSupport.parkNanos(PAUSE);
                }
            });
        }

        private static long used() {
            System.gc();
            return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        }

        long rise() {
            return most - before;
        }

        @Override
        public void close() {
            ended = true;
            try {
                thread.join();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aLargeMessagePassesInPieces() throws Exception {
        byte[] piece = new byte[PIECE];
        var random = new Random(1);
        for (int i = 0; i < PIECE; i++) {
            piece[i] = (byte) (i % 76 == 74 ? '\r' : i % 76 == 75 ? '\n' : 'A' + random.nextInt(26));
        }
        byte[] start = "Subject: large\r\n\r\n".getBytes(US_ASCII);
        try (TestClient client = server.logIn("ann")) {
            client.socket().setSoTimeout(120_000);
            client.append("INBOX", "Subject: first\r\n\r\n"); // what is loaded once is loaded before
            client.ok("SELECT INBOX");
            client.ok("FETCH 1 (BODY.PEEK[] ENVELOPE)");
            try (var watch = new Watch()) {
                client.send("a1 APPEND INBOX {" + (start.length + LARGE) + "+}\r\n");
                client.send(start);
                for (int sent = 0; sent < LARGE; sent += PIECE) {
                    client.send(piece);
                }
                client.send("\r\n");
                assertThat(client.answers("a1").getLast()).startsWith("a1 OK ");
                assertThat(watch.rise()).as("heap for an APPEND").isLessThan(ALLOWED);
            }
            try (var watch = new Watch()) {
                client.begin("FETCH 2 BODY.PEEK[TEXT]");
                String announced = "* 2 FETCH (BODY[TEXT] {" + LARGE + "}\r\n";
                InputStream in = client.input();
                assertThat(in.readNBytes(announced.length())).isEqualTo(announced.getBytes(US_ASCII));
                byte[] got = new byte[PIECE];
                for (int read = 0; read < LARGE; read += PIECE) {
                    in.readNBytes(got, 0, PIECE);
                    if (!Arrays.equals(got, piece)) {
                        throw new AssertionError("wrong bytes between " + read + " and " + (read + PIECE));
                    }
                }
                assertThat(in.readNBytes(3)).isEqualTo(")\r\n".getBytes(US_ASCII));
                assertThat(watch.rise()).as("heap for a FETCH").isLessThan(ALLOWED);
            }
        }
    }

    @Test
    void anEnvelopeOfTwentyMegabytesIsStreamed() throws Exception {
        int addresses = 850_000;
        try (TestClient client = server.logIn("ann")) {
            client.socket().setSoTimeout(120_000);
            var to = new StringBuilder("To: ");
            for (int i = 0; i < addresses; i++) {
                to.append("u@h.example,\r\n ");
            }
            to.append("last@h.example\r\n\r\n");
            client.ok("CREATE wide");
            client.append("wide", to.toString());
            to.setLength(0);
            to.trimToSize();
            client.ok("SELECT wide");
            try (var watch = new Watch()) {
                client.begin("FETCH 1 ENVELOPE");
                InputStream in = client.input();
                long read = 0;
                byte[] tail = new byte[0];
                byte[] buffer = new byte[PIECE];
                do {
                    int count = in.read(buffer);
                    assertThat(count).isPositive();
                    read += count;
                    byte[] both = Arrays.copyOf(tail, tail.length + count);
                    System.arraycopy(buffer, 0, both, tail.length, count);
                    tail = Arrays.copyOfRange(both, Math.max(0, both.length - 200), both.length);
                } while (!new String(tail, US_ASCII).contains(" OK FETCH completed\r\n"));
                assertThat(read).isGreaterThan(20L << 20);
                assertThat(new String(tail, US_ASCII)).contains("\"last\" \"h.example\")) NIL NIL NIL NIL))\r\n");
                assertThat(watch.rise()).as("heap for an ENVELOPE").isLessThan(ALLOWED);
            }
        }
    }

    @Test
    void headerFieldsOfAMegabyteAreKept() throws Exception {
        try (TestClient client = server.logIn("ann")) {
            String subject = "s".repeat(1 << 20);
            String id = "<" + "i".repeat(1 << 20) + "@h.example>";
            String references = ("<" + "r".repeat(60) + "@h.example>\r\n ").repeat(1 << 14) + "<end@h.example>";
            String message = "From: ann@h.example\r\nSubject: " + subject + "\r\nMessage-ID: " + id + "\r\nReferences: "
                    + references + "\r\n\r\ntext\r\n";
            client.ok("CREATE long");
            client.append("long", message);
            client.ok("SELECT long");
            assertThat(client.ok("FETCH 1 BODY.PEEK[]").getFirst())
                    .isEqualTo("* 1 FETCH (BODY[] {" + message.length() + "}\r\n" + message + ")");
            assertThat(client.ok("FETCH 1 ENVELOPE").getFirst()).contains(subject, id);
            assertThat(client.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]").getFirst())
                    .endsWith("Subject: " + subject + "\r\n\r\n)");
            assertThat(client.ok("SEARCH FROM ann SUBJECT " + "s".repeat(100)).getFirst())
                    .isEqualTo("* SEARCH 1");
        }
    }
}
