package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An idle client stops reading; nobody else waits for it. */
@Timeout(180)
class SlowReaderTest {
    private static final int OTHERS = 100;
    private static final int MESSAGES = 4_000;
    private static final int AT_ONCE = 500;

    /** Times {@link #MESSAGES} lines of some 40 octets: far more than sockets hold. */
    private static final int CHANGES = 100;

    @TempDir
    Path directory;

    /** It would keep them for as long as a write may take, which is longer than the clients' patience. */
    @Test
    void delaysNoOther() throws IOException {
        var settings = Map.of("connections.per-user", "200", "write.timeout", "60s");
        try (TestServer server = TestServer.start(directory, settings)) {
            server.freshAccount("ann");
            try (TestClient writer = server.logIn("ann");
                    TestClient slow = server.logIn("ann")) {
                for (int i = 0; i < MESSAGES; i += AT_ONCE) {
                    writer.ok("APPEND INBOX" + " {2+}\r\nxx".repeat(AT_ONCE));
                }
                writer.ok("SELECT INBOX");
                idle(slow);
                for (int i = 0; i < CHANGES; i++) {
                    writer.ok("STORE 1:* " + (i % 2 == 0 ? "+" : "-") + "FLAGS.SILENT (\\Flagged)");
                }
                var others = new ArrayList<TestClient>();
                try {
                    for (int i = 0; i < OTHERS; i++) {
                        TestClient other = server.logIn("ann");
                        others.add(other);
                        idle(other);
                    }
                    writer.append("INBOX", "Subject: new\r\n\r\n");
                    for (TestClient other : others) {
                        assertThat(other.response()).hasValue("* " + (MESSAGES + 1) + " EXISTS");
                    }
                } finally {
                    for (TestClient other : others) {
                        other.close();
                    }
                }
                // It was stuck: what it had not yet been told came together.
                assertThat(linesUntilExists(slow)).isLessThan(CHANGES * MESSAGES);
            }
        }
    }

    private static void idle(TestClient client) throws IOException {
        client.ok("SELECT INBOX");
        client.begin("IDLE");
        assertThat(client.response()).hasValueSatisfying(go -> assertThat(go).startsWith("+ "));
    }

    private static int linesUntilExists(TestClient client) throws IOException {
        int lines = 0;
        while (!client.response().orElseThrow().endsWith(" EXISTS")) {
            lines++;
        }
        return lines;
    }
}
