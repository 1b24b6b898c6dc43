package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the operator lets clients ask for; what is refused by default is in the transcript {@code limits.imap}. */
@Timeout(120)
class LimitsTest {
    @TempDir
    Path directory;

    @Test
    void areWhatTheOperatorSays() throws Exception {
        var settings = Map.of(
                "limits.pattern-length", "100",
                "limits.modseq-keys", "1",
                "limits.append-messages", "2",
                "limits.broken-commands", "3");
        try (TestServer server = TestServer.start(directory, settings)) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.ok("SELECT INBOX");
                client.ok("LIST \"\" " + "x".repeat(100));
                assertRefused(client, "LIST \"\" " + "x".repeat(101), "the patterns are too long");
                assertRefused(client, "LSUB \"\" " + "x".repeat(101), "the patterns are too long");
                client.ok("SEARCH MODSEQ 1");
                assertRefused(client, "SEARCH MODSEQ 1 MODSEQ 1", "too many MODSEQ keys");
                client.ok("APPEND INBOX" + " {1+}\r\nx".repeat(2));
                assertRefused(client, "APPEND INBOX" + " {1+}\r\nx".repeat(3), "too many messages at once");
                for (int i = 0; i < 3; i++) {
                    assertThat(client.command("NONSENSE").getLast()).contains(" BAD ");
                }
                client.ok("NOOP"); // in a row
                for (int i = 0; i < 3; i++) {
                    assertThat(client.command("NONSENSE").getLast()).contains(" BAD ");
                }
                client.send("bye NONSENSE\r\n");
                assertThat(client.response())
                        .hasValueSatisfying(answer -> assertThat(answer).startsWith("* BYE "));
            }
        }
    }

    private static void assertRefused(TestClient client, String command, String why) throws IOException {
        assertThat(client.command(command).getLast()).endsWith(" NO [LIMIT] " + why);
    }

    /** What is kept of each message until all are stored adds up (RFC 3502). */
    @Test
    void allMessagesMayBeAsLargeAsOne() throws Exception {
        String message = "Subject: half\r\n\r\n" + "x".repeat(40_000);
        String literal = " {" + message.length() + "+}\r\n" + message;
        try (TestServer server = TestServer.start(directory, Map.of("limits.message", "64KiB"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                assertThat(client.command("APPEND INBOX" + literal + literal).getLast())
                        .startsWith("t2 NO [LIMIT] ");
                client.ok("APPEND INBOX" + literal);
                assertThat(client.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 1)");
            }
        }
    }
}
