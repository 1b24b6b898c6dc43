package heddle.server.lmtp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.server.TestServer;
import heddle.storage.AccountId;
import heddle.storage.Mailbox;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
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

/** What goes wrong during a delivery bounces nothing, stores nothing by halves, and leaves nothing behind. */
@Timeout(120)
class DeliveryFailureTest {
    @TempDir
    static Path directory;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(
                directory,
                Map.of(
                        "listen.lmtp", "127.0.0.1:0",
                        "lmtp.timeout", "2s",
                        "spool.memory", "4KiB",
                        "database.pool.wait", "1s"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void freshAccounts() {
        server.freshAccount("ann");
        server.freshAccount("bob");
    }

    /** A mail transfer agent that says one thing at a time. */
    private static final class Agent implements Closeable {
        private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port("lmtp"));
        private final BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));

        Agent() throws IOException {
            socket.setSoTimeout(30_000);
            assertThat(answer()).startsWith("220 ");
            assertThat(say("LHLO client")).startsWith("250 ");
        }

        /** {@return the last line of the next answer} */
        String answer() throws IOException {
            String line = in.readLine();
            while (line != null && line.charAt(3) == '-') {
                line = in.readLine();
            }
            return String.valueOf(line);
        }

        String say(String line) throws IOException {
            send(line + "\r\n");
            return answer();
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(UTF_8));
        }

        void beginFor(String... recipients) throws IOException {
            assertThat(say("MAIL FROM:<sender@example.net>")).startsWith("250 ");
            for (String recipient : recipients) {
                assertThat(say("RCPT TO:<" + recipient + ">")).startsWith("250 ");
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static long inbox(String account) {
        AccountId id = server.storage().accounts().find(account).orElseThrow().id();
        return server.storage()
                .mailboxes()
                .find(id, MailboxName.INBOX)
                .map(Mailbox::counters)
                .orElseThrow()
                .messages();
    }

    @Test
    void whoIsSilentIsSentAway() throws IOException {
        try (var agent = new Agent()) {
            assertThat(agent.answer()).startsWith("421 4.4.2 ");
            assertThat(agent.in.readLine()).isNull();
        }
        try (var agent = new Agent()) {
            agent.beginFor("ann");
            assertThat(agent.say("DATA")).startsWith("354 ");
            agent.send("Subject: half\r\n" + "x".repeat(10_000));
            assertThat(agent.answer()).startsWith("421 4.4.2 ");
            assertThat(agent.in.readLine()).isNull();
        }
        server.awaitNobody();
        assertThat(inbox("ann")).isZero();
    }

    @Test
    void whoLeavesInTheMiddleOfAMessageHasSentNone() throws IOException {
        try (var agent = new Agent()) {
            agent.beginFor("ann");
            assertThat(agent.say("DATA")).startsWith("354 ");
            agent.send("Subject: half\r\n" + "x".repeat(10_000) + "\r\n.");
            TestServer.await("a temporary file is there", () -> server.meter("heddle_spool_bytes") > 0);
        }
        server.awaitNobody();
        assertThat(inbox("ann")).isZero();
    }

    @Test
    void everyRecipientIsPutOffWhileThereIsNoDatabase() throws IOException {
        try (var agent = new Agent()) {
            agent.beginFor("ann", "bob");
            server.allowDatabase(false);
            try {
                assertThat(agent.say("RCPT TO:<nobody>")).startsWith("451 4.3.0 ");
                assertThat(agent.say("DATA")).startsWith("354 ");
                assertThat(agent.say("Subject: later\r\n\r\n.")).startsWith("451 4.3.0 ");
                assertThat(agent.answer()).startsWith("451 4.3.0 ");
            } finally {
                server.allowDatabase(true);
            }
        }
        server.awaitReady();
        assertThat(inbox("ann")).isZero();
        assertThat(inbox("bob")).isZero();
        try (var agent = new Agent()) {
            agent.beginFor("ann", "bob");
            assertThat(agent.say("DATA")).startsWith("354 ");
            assertThat(agent.say("Subject: later\r\n\r\n.")).startsWith("250 2.0.0 ");
            assertThat(agent.answer()).startsWith("250 2.0.0 ");
        }
        assertThat(inbox("ann")).isEqualTo(1);
        assertThat(inbox("bob")).isEqualTo(1);
    }
}
