package heddle.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the log says of sessions, and what it never says, however much is logged. */
@Timeout(120)
class LoggedSessionsTest {
    @TempDir
    Path directory;

    private final Log log = new Log();

    @AfterEach
    void close() {
        log.close();
    }

    private TestServer start(Map<String, String> settings) throws IOException {
        TestServer server = TestServer.start(directory, settings);
        server.freshAccount("ann");
        return server;
    }

    /** {@return the first line with this message} */
    private String line(String message) {
        TestServer.await(message, () -> log.text().contains(": " + message + " "));
        return log.text()
                .lines()
                .filter(line -> line.contains(": " + message + " "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void oneLineAtTheEnd() throws IOException {
        try (TestServer server = start(Map.of())) {
            try (TestClient client = server.logIn("ann")) {
                client.ok("NOOP");
                client.ok("LOGOUT");
            }
            assertThat(line("session ended"))
                    .matches(".* INFO  ImapConnection \\[[0-9a-f]+-[0-9]+\\.3]: session ended listener=imap"
                            + " address=127\\.0\\.0\\.1:[0-9]+ seconds=[0-9.]+ commands=3 received=[1-9][0-9]*"
                            + " sent=[1-9][0-9]* reason=logout user=ann");
        }
    }

    @Test
    void aHealthCheckIsNotWorthALine() throws IOException {
        try (TestServer server = start(Map.of())) {
            server.connect().close();
            server.logIn("ann").close();
            assertThat(line("session ended")).contains("DEBUG").contains("commands=0");
            TestServer.await("the other has ended", () -> log.text().contains("commands=1"));
            assertThat(log.text().lines().filter(line -> line.contains("commands=1")))
                    .allMatch(line -> line.contains("INFO") && line.contains("reason=client_gone user=ann"));
        }
    }

    /** What the server cuts off does not look as if the client had left, and its line is there before the process is over. */
    @Test
    @SuppressWarnings("try") // closing it twice is no harm
    void whoIsCutOffDidNotLeave() throws IOException {
        try (TestServer server = start(Map.of("write.timeout", "1s", "shutdown.grace", "1s"));
                TestClient deaf = server.logIn("ann");
                TestClient slow = server.logIn("ann")) {
            deaf.append("INBOX", "Subject: large\r\n\r\n" + ("x".repeat(1022) + "\r\n").repeat(24 << 10));
            deaf.ok("SELECT INBOX");
            deaf.begin("FETCH 1 BODY.PEEK[]");
            assertThat(line("session ended")).contains(" reason=timeout user=ann");
            slow.begin("APPEND INBOX {1000}");
            assertThat(slow.response()).hasValue("+ go on");
            server.close();
            assertThat(log.text().lines().filter(line -> line.contains(": session ended ")))
                    .hasSize(2)
                    .last()
                    .asString()
                    .contains(" reason=dismissed user=ann");
        }
    }

    @Test
    void saysWhoIsTurnedAway() throws IOException {
        try (TestServer server = start(Map.of("connections.per-user", "1", "connections.total", "2"));
                TestClient _ = server.logIn("ann");
                TestClient another = server.connect();
                TestClient tooMany = new TestClient(server.port("imap"))) {
            for (int i = 0; i < 3; i++) {
                assertThat(another.command("LOGIN ann secret").getLast()).contains("[LIMIT]");
            }
            assertThat(tooMany.response()).hasValue("* BYE too many connections");
            assertThat(line("clients are turned away: a user has too many connections"))
                    .contains(" INFO ")
                    .endsWith(" address=127.0.0.1 user=ann count=1");
            assertThat(line("clients are turned away: there are too many connections"))
                    .contains(" INFO ")
                    .endsWith(" listener=imap address=127.0.0.1 count=1");
            assertThat(log.text().lines().filter(line -> line.contains("turned away")))
                    .hasSize(2);
        }
    }

    @Test
    void aSlowCommandTellsItsTimeInTheDatabase() throws IOException {
        try (TestServer server = start(Map.of("log.slow-command", "1ms"));
                TestClient client = server.logIn("ann")) {
            client.append("INBOX", "Subject: slow\r\n\r\n");
            Matcher told = Pattern.compile("command=LOGIN result=ok seconds=([0-9.]+) sql_count=([0-9]+)"
                            + " sql_seconds=([0-9.]+) sql_wait_seconds=[0-9.]+")
                    .matcher(line("slow command"));
            assertThat(told.find()).isTrue();
            assertThat(Integer.parseInt(told.group(2))).isPositive();
            assertThat(Double.parseDouble(told.group(3))).isLessThanOrEqualTo(Double.parseDouble(told.group(1)));
        }
    }

    /** The answer names the line of the log that says what was wrong. */
    @Test
    void aBugHasOneNameInAnswerAndLog() throws Exception {
        try (TestServer server = start(Map.of());
                TestClient client = server.logIn("ann")) {
            refuseMessages(server);
            String answer = client.command("APPEND INBOX {4+}\r\nlost").getLast();
            assertThat(answer).matches("t2 NO \\[SERVERBUG] internal error [0-9a-f]+-[0-9]+\\.2");
            assertThat(log.text())
                    .contains("ERROR ImapConnection [" + answer.substring(answer.lastIndexOf(' ') + 1)
                            + "]: a command failed");
        }
    }

    /** The database finds something wrong that nobody has thought of, and says which row it is. */
    private static void refuseMessages(TestServer server) throws SQLException {
        try (Connection sql = DriverManager.getConnection(
                        server.database().url(),
                        server.database().user(),
                        server.database().password());
                Statement statement = sql.createStatement()) {
            statement.execute("""
                    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            RAISE 'refused' USING ERRCODE = '22000', DETAIL = new::text;
                        END
                    $$;
                    CREATE TRIGGER refuse BEFORE INSERT ON content FOR EACH ROW EXECUTE FUNCTION refuse();
                    """);
        }
    }

    @Test
    void neverTellsASecretOrAMessage() throws Exception {
        String wrong = "hunter2-and-more";
        String sasl = Base64.getEncoder().encodeToString(("\0ann\0" + wrong).getBytes(StandardCharsets.UTF_8));
        String message = "Subject: kumquat\r\nX-Other: tamarind\r\n\r\nmarzipan\r\n";
        String append = "APPEND INBOX {" + message.length() + "+}\r\n" + message;
        try (TestServer server = start(Map.of(
                "listen.lmtp", "127.0.0.1:0",
                "quota.default", "1MiB",
                "log.slow-command", "1ms",
                "database.pool.wait", "1s"))) {
            for (String failing : List.of(
                    "LOGIN ann " + wrong,
                    "LOGIN ann " + wrong + " more",
                    "LOGIN ann {" + wrong.length() + "+}\r\n" + wrong,
                    "LOGIN {9999+}\r\n" + wrong + "x".repeat(9999 - wrong.length()),
                    "AUTHENTICATE PLAIN " + sasl,
                    "AUTHENTICATE PLAIN " + sasl + "=",
                    "AUTHENTICATE " + wrong,
                    wrong)) {
                try (TestClient client = server.connect()) {
                    client.command("NOOP");
                    client.command(failing);
                }
            }
            deliver(server, message);
            try (TestClient client = server.logIn("ann");
                    TestClient reader = server.logIn("ann")) {
                client.ok(append);
                client.ok("SELECT INBOX");
                client.ok("SEARCH BODY marzipan");
                client.ok("FETCH 1 (ENVELOPE BODY[])");
                client.command("SEARCH BODY marzipan (");
                client.command("APPEND INBOX {2000000+}\r\n" + message + "x".repeat(2_000_000 - message.length()));
                reader.ok("SELECT INBOX");
                reader.begin("FETCH 1 BODY[]");
                reader.reset();
                refuseMessages(server);
                assertThat(client.command(append).getLast()).contains("SERVERBUG");
                deliver(server, message);
                server.allowDatabase(false);
                assertThat(client.command(append).getLast()).contains("UNAVAILABLE");
                client.command("SEARCH BODY marzipan");
                server.allowDatabase(true);
                server.awaitReady();
            }
            server.awaitNobody();
            assertThat(log.text())
                    .contains("session ended")
                    .contains("slow command")
                    .contains("a command failed")
                    .contains("a delivery failed")
                    .doesNotContain(wrong)
                    .doesNotContain(sasl)
                    .doesNotContain("secret")
                    .doesNotContain("kumquat")
                    .doesNotContain("tamarind")
                    .doesNotContain("marzipan");
        }
    }

    private static void deliver(TestServer server, String message) throws IOException {
        try (var mta = new TestClient(server.port("lmtp"))) {
            mta.send("LHLO here\r\nMAIL FROM:<bob@example.org>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");
            mta.send(message + ".\r\nQUIT\r\n");
            while (mta.response().isPresent()) {
                // until it has answered all of it
            }
        }
    }
}
