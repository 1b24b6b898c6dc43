package heddle.server.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sends what clients say in the transcripts, mutated, and nonsense, in each state: there is always an answer or a BYE,
 * never SERVERBUG, and nothing is left behind.
 */
@Timeout(120)
class LiveFuzzTest {
    private static final int CONVERSATIONS = 120;
    private static final int LINES = 12;
    private static final int PATIENCE = 500; // ms
    private static final Pattern CLIENT_LINE = Pattern.compile("C[2-9]?[:|] ?(.*)");
    private static final Pattern TAG = Pattern.compile("^[^ ]+ ");

    private static final String[] FRAGMENTS = {
        " ",
        "  ",
        "(",
        ")",
        "((((",
        "\"",
        "\\",
        "*",
        "%",
        "{",
        "}",
        "{3+}\r\n",
        "{1}\r\nx",
        "~{2+}\r\n\0\0",
        "{99999999999}",
        "NIL",
        "1:*",
        "4294967295",
        "4294967296",
        "0",
        "*:*",
        "BODY[",
        "]",
        "<0.1>",
        "<1.4294967295>",
        "INBOX",
        "inbox/",
        "&",
        "&-",
        "&AOQ-",
        "\0",
        "\u0080\u00ff",
        "\r",
        "\n",
        "CHARSET",
        "RETURN (",
        "UID",
        "NOT ",
        "OR ",
        "\\Seen",
        "HEADER.FIELDS",
        "BINARY.SIZE[",
        "DONE",
        "=",
        "+"
    };

    /** States of a session (RFC 3501 §3), and IDLE, which is one of its own. */
    enum Start {
        NOT_AUTHENTICATED,
        AUTHENTICATED,
        SELECTED,
        EXAMINED,
        IDLE
    }

    @TempDir
    static Path directory;

    private static TestServer server;
    private static List<String> corpus;

    @BeforeAll
    static void start() throws IOException {
        // Failures are many here, and each session begins anew.
        server = TestServer.start(
                directory,
                Map.of("auth.failures.per-connection", "1000", "limits.message", "64KiB", "spool.memory", "4KiB"));
        server.freshAccount("ann");
        corpus = corpus();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<String> corpus() throws IOException {
        var lines = new ArrayList<String>();
        try (var files = Files.list(Path.of(Objects.requireNonNull(LiveFuzzTest.class.getResource("/transcripts"))
                .toURI()))) {
            for (Path file : files.sorted().toList()) {
                for (String line : Files.readAllLines(file)) {
                    var said = CLIENT_LINE.matcher(line);
                    if (said.matches() && !said.group(1).startsWith("<")) {
                        String text = new String(said.group(1).getBytes(UTF_8), ISO_8859_1);
                        lines.add(TAG.matcher(text).replaceFirst("").replace("{=", "{4"));
                    }
                }
            }
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
        return lines;
    }

    @ParameterizedTest
    @EnumSource
    void answersWhateverComes(Start state) throws IOException {
        for (int i = 0; i < CONVERSATIONS; i++) {
            long seed = state.name().hashCode() * 1000L + i;
            converse(state, seed);
        }
        server.awaitNobody();
    }

    private static void converse(Start state, long seed) throws IOException {
        var random = new Random(seed);
        try (TestClient client = state == Start.NOT_AUTHENTICATED ? server.connect() : server.logIn("ann")) {
            enter(state, client);
            for (int i = 0; i < LINES; i++) {
                String line = line(random);
                String said = "seed " + seed + ", line " + i + ": " + line;
                if (!isServed(client, "f" + i, line, said)) {
                    return;
                }
            }
        }
    }

    private static void enter(Start state, TestClient client) throws IOException {
        switch (state) {
            case NOT_AUTHENTICATED, AUTHENTICATED -> {}
            case SELECTED -> {
                client.append("INBOX", "Subject: x\r\n\r\ntext\r\n");
                client.ok("SELECT INBOX");
            }
            case EXAMINED -> client.ok("EXAMINE INBOX");
            case IDLE -> {
                client.ok("SELECT INBOX");
                client.begin("IDLE");
                client.response();
            }
        }
    }

    /** Sends a line, and what ends whatever it has begun. {@return false when the session is over} */
    private static boolean isServed(TestClient client, String tag, String line, String said) throws IOException {
        String last = tag + "z";
        String filler = ("x".repeat(200) + "\r\n").repeat(3);
        try {
            client.send(tag + " " + line + "\r\n*\r\nDONE\r\n" + filler + last + " NOOP\r\n");
            boolean isOver = false;
            for (Optional<String> got = response(client); got.isPresent(); got = response(client)) {
                assertThat(got.get()).as(said).doesNotContain("SERVERBUG");
                isOver |= got.get().startsWith("* BYE");
                if (got.get().startsWith("+ ")) {
                    client.send("\r\n*\r\nDONE\r\n" + filler + last + " NOOP\r\n");
                }
                if (got.get().startsWith(last + " ")) {
                    return !isOver;
                }
            }
            assertThat(isOver || client.socket().isOutputShutdown())
                    .as(said + ": closed without BYE")
                    .isTrue();
            return false;
        } catch (SocketTimeoutException silent) {
            throw new AssertionError(said + ": neither an answer nor the end", silent);
        } catch (SocketException | EOFException ended) {
            return false; // it said BYE while we wrote on
        }
    }

    /** A server that says nothing waits for the rest of a literal, or hangs: when the client ends, it has to end. */
    private static Optional<String> response(TestClient client) throws IOException {
        client.socket().setSoTimeout(PATIENCE);
        try {
            return client.response();
        } catch (SocketTimeoutException silent) {
            client.socket().shutdownOutput();
            client.socket().setSoTimeout(20_000);
            return client.response();
        }
    }

    private static String line(Random random) {
        String line = corpus.get(random.nextInt(corpus.size()));
        var text = new StringBuilder(line);
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int at = random.nextInt(text.length() + 1);
            switch (random.nextInt(6)) {
                case 0 -> text.insert(at, FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
                case 1 -> text.setLength(at);
                case 2 -> text.insert(at, (char) random.nextInt(256));
                case 3 -> text.insert(at, corpus.get(random.nextInt(corpus.size())));
                case 4 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(5)));
                default -> text.append(' ').append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
            }
        }
        return text.toString();
    }

    @Test
    void survivesNoise() throws IOException {
        var random = new Random(1);
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[1 + random.nextInt(3000)];
            random.nextBytes(noise);
            try (TestClient client = i % 2 == 0 ? server.connect() : server.logIn("ann")) {
                client.send(noise);
                client.socket().shutdownOutput();
                for (Optional<String> got = client.response(); got.isPresent(); got = client.response()) {
                    assertThat(got.get()).as("noise %d", i).doesNotContain("SERVERBUG");
                }
            } catch (SocketException gone) {
                // Closed with some of the noise unread.
            }
        }
        server.awaitNobody();
    }
}
