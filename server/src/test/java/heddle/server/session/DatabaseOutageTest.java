package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The database goes and comes back. */
@Timeout(120)
class DatabaseOutageTest {
    @TempDir
    Path directory;

    @Test
    void isTheOnlyThingThatClientsNotice() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("database.pool.wait", "1s"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: kept\r\n\r\n");
                client.ok("SELECT INBOX");
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);

                server.allowDatabase(false);
                assertThat(client.command("NOOP").getLast()).startsWith("t4 NO [UNAVAILABLE] ");
                assertThat(client.command("FETCH 1 ENVELOPE").getLast()).startsWith("t5 NO [UNAVAILABLE] ");
                assertThat(client.command("STORE 1 +FLAGS (\\Seen)").getLast()).startsWith("t6 NO [UNAVAILABLE] ");
                assertThat(client.command("APPEND INBOX {4+}\r\nlost").getLast())
                        .startsWith("t7 NO [UNAVAILABLE] ");
                try (TestClient other = server.connect()) {
                    assertThat(other.command("LOGIN ann secret").getLast()).startsWith("t1 NO [UNAVAILABLE] ");
                }
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(503);
                assertThat(server.get("/health/live").statusCode()).isEqualTo(200);

                server.allowDatabase(true);
                server.awaitReady();
                client.ok("NOOP");
                assertThat(client.ok("FETCH 1 (FLAGS BODY.PEEK[])").getFirst())
                        .isEqualTo("* 1 FETCH (FLAGS (\\Recent) BODY[] {17}\r\nSubject: kept\r\n\r\n)");
                client.append("INBOX", "Subject: new\r\n\r\n");
                assertThat(client.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 2)");
                server.logIn("ann").close();
            }
            server.awaitNobody();
        }
    }

    @Test
    void pushesGoOnAfterIt() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("database.pool.wait", "1s"))) {
            server.freshAccount("ann");
            try (TestClient idle = server.logIn("ann")) {
                idle.ok("SELECT INBOX");
                idle.begin("IDLE");
                idle.response();
                server.allowDatabase(false);
                server.allowDatabase(true);
                server.awaitReady();
                try (TestClient other = server.logIn("ann")) {
                    other.append("INBOX", "Subject: new\r\n\r\n");
                }
                assertThat(idle.response()).hasValue("* 1 EXISTS");
            }
        }
    }
}
