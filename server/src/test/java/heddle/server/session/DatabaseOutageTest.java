package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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

    /** The database refuses what a push needs, and nothing else happens afterwards that would cause another push. */
    @Test
    void aPushIsTriedAgain() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of());
                Connection sql = DriverManager.getConnection(
                        server.database().url(),
                        server.database().user(),
                        server.database().password());
                Statement statement = sql.createStatement()) {
            server.freshAccount("ann");
            // A sequence counts what is rolled back too.
            statement.execute("""
                    CREATE SEQUENCE refused;
                    CREATE TABLE refusing AS SELECT 1;
                    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            IF EXISTS (SELECT FROM refusing) THEN
                                PERFORM nextval('refused');
                                RAISE 'no more room' USING ERRCODE = 'disk_full';
                            END IF;
                            RETURN new;
                        END
                    $$;
                    CREATE TRIGGER refuse BEFORE UPDATE OF recent_uid ON mailbox FOR EACH ROW EXECUTE FUNCTION refuse()
                    """);
            try (TestClient idle = server.logIn("ann");
                    TestClient other = server.logIn("ann")) {
                idle.ok("SELECT INBOX");
                idle.begin("IDLE");
                idle.response();
                other.append("INBOX", "Subject: new\r\n\r\n");
                TestServer.await("a push was refused", () -> isCalled(statement));
                statement.execute("DELETE FROM refusing");
                assertThat(idle.response()).hasValue("* 1 EXISTS");
            }
        }
    }

    private static boolean isCalled(Statement statement) {
        try (ResultSet row = statement.executeQuery("SELECT is_called FROM refused")) {
            row.next();
            return row.getBoolean(1);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
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
