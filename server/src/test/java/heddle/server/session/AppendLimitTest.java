package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What all messages of one APPEND may take together (RFC 3502). */
@Timeout(120)
class AppendLimitTest {
    @TempDir
    Path directory;

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
