package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What others change while a FETCH is under way that takes several batches, each of them more than sockets hold. */
@Timeout(120)
class LongFetchTest {
    private static final int MESSAGES = 512;
    private static final String MESSAGE = "Subject: x\r\n\r\n" + "x".repeat(64 << 10);

    @Test
    void tellsNoOlderFlagsThanTheClientKnows(@TempDir Path directory) throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of())) {
            server.freshAccount("ann");
            try (TestClient reader = server.logIn("ann");
                    TestClient other = server.logIn("ann")) {
                other.append("INBOX", MESSAGE);
                other.ok("SELECT INBOX");
                for (int i = 1; i < MESSAGES; i *= 2) {
                    other.ok("COPY 1:* INBOX");
                }
                other.ok("STORE 500 +FLAGS.SILENT (\\Seen)");
                reader.ok("SELECT INBOX");

                String fetch = reader.begin("FETCH 1:* (FLAGS BODY[])");
                assertThat(reader.response())
                        .hasValueSatisfying(first -> assertThat(first).startsWith("* 1 FETCH (FLAGS () BODY[] {"));
                other.ok("STORE 500 +FLAGS.SILENT (\\Flagged)");
                List<String> told = reader.answers(fetch);
                assertThat(told)
                        .filteredOn(line -> line.startsWith("* 500 FETCH "))
                        .hasSize(2)
                        .allMatch(line -> line.contains("FLAGS (\\Seen \\Flagged)"));
            }
        }
    }
}
