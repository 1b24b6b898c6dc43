package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody can decode is refused before anything of its message has left (RFC 3516 §4.3, DESIGN §2). */
class UnknownEncodingTest {
    private static final String READABLE = "Subject: 1\r\n\r\n" + "x".repeat(70) + "\r\n";
    private static final String UNREADABLE = "Content-Transfer-Encoding: x-uuencode\r\n\r\n" + "x".repeat(100_000);

    @Test
    void doesNotEndTheConnection(@TempDir Path directory) throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of())) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", READABLE);
                client.append("INBOX", UNREADABLE);
                client.ok("SELECT INBOX");
                assertThat(client.command("FETCH 1:2 (BODY.PEEK[] BINARY.PEEK[1])"))
                        .satisfiesExactly(
                                first -> assertThat(first).startsWith("* 1 FETCH (BODY[] {"),
                                no -> assertThat(no).contains(" NO [UNKNOWN-CTE] "));
                assertThat(client.ok("FETCH 2 BODY.PEEK[]").getFirst()).endsWith(UNREADABLE + ")");
            }
        }
    }
}
