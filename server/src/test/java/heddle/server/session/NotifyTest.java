package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NOTIFY where a transcript does not reach: many mailboxes, a lost connection of the feed, a client that says much at once. */
@Timeout(120)
class NotifyTest {
    private static final int MANY = 10_000;
    private static final String MESSAGE = "Subject: x\r\n\r\n";

    @TempDir
    Path directory;

    private TestServer server;

    @AfterEach
    void stop() {
        server.awaitNobody();
        server.close();
    }

    private TestClient start(Map<String, String> settings) throws IOException {
        server = TestServer.start(directory, settings);
        server.freshAccount("ann");
        return server.logIn("ann");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        server.database().url(),
                        server.database().user(),
                        server.database().password());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String names() {
        return IntStream.range(0, MANY).mapToObj(i -> "m" + i).collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mailboxes", "subtree"})
    void refusesTenThousandNames(String filter) throws IOException {
        var settings = Map.of("limits.line.after-login", "1MiB", "limits.arguments", "20000");
        try (TestClient client = start(settings)) {
            String events = " (MessageNew MessageExpunge FlagChange MailboxName))";
            List<String> refused = client.command("NOTIFY SET STATUS (" + filter + " (" + names() + ")" + events);
            assertThat(refused).singleElement().asString().contains(" NO [NOTIFICATIONOVERFLOW] ");
            client.ok("NOTIFY SET STATUS (" + filter + " (m1 m2)" + events);
        }
    }

    /** What a sender writes into a message does not end the session of who is told of it. */
    @Test
    void passesOverWhatCannotBeRead() throws IOException {
        try (TestClient client = start(Map.of());
                TestClient other = server.logIn("ann")) {
            client.ok("SELECT INBOX");
            client.ok("NOTIFY SET (selected (MessageNew (UID BINARY.PEEK[1]) MessageExpunge))");
            other.append("INBOX", "Content-Transfer-Encoding: x-unknown\r\n\r\nx");
            assertThat(client.response()).hasValue("* 1 EXISTS");
            assertThat(client.response())
                    .hasValueSatisfying(line -> assertThat(line).endsWith("RECENT"));
            other.append("INBOX", MESSAGE);
            assertThat(client.response()).hasValue("* 2 EXISTS");
            assertThat(client.response())
                    .hasValueSatisfying(line -> assertThat(line).endsWith("RECENT"));
            assertThat(client.response())
                    .hasValueSatisfying(line -> assertThat(line).startsWith("* 2 FETCH (UID 2 BINARY[1] "));
        }
    }

    @Test
    void refusesMoreArgumentsThanACommandMayHave() throws IOException {
        try (TestClient client = start(Map.of("limits.line.after-login", "1MiB"))) {
            List<String> refused = client.command("NOTIFY SET" + " (personal NONE)".repeat(MANY + 1));
            assertThat(refused).singleElement().asString().contains(" NO [LIMIT] ");
            client.ok("NOOP");
        }
    }

    /** Where so many are allowed, they are told in one go, and what changes costs no more than with few. */
    @Test
    void tellsOfTenThousandMailboxes() throws Exception {
        try (TestClient client = start(Map.of("limits.notify", "20000"));
                TestClient writer = server.logIn("ann")) {
            execute("INSERT INTO mailbox (account_id, name, uid_validity, epoch) SELECT account_id, 'm' || n, n, epoch"
                    + " FROM account, database_state, generate_series(1, " + MANY
                    + ") AS n WHERE account.name = 'ann'");
            List<String> told = client.ok(
                    "NOTIFY SET STATUS (personal (MessageNew MessageExpunge MailboxName SubscriptionChange))");
            assertThat(told).hasSize(MANY + 6 + 1);
            writer.append("m77", MESSAGE);
            assertThat(client.response()).hasValue("* STATUS m77 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 77)");
            writer.ok("RENAME m77 n77");
            assertThat(client.response()).hasValue("* LIST (\\HasNoChildren) \"/\" n77 (\"OLDNAME\" (m77))");
        }
    }

    /** What was never announced is found when the feed has connected anew. */
    @Test
    void catchesUpAfterALostConnection() throws Exception {
        try (TestClient client = start(Map.of())) {
            client.ok("NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))");
            execute(
                    "UPDATE mailbox SET unseen = 1, messages = 1, uid_next = 2, highest_modseq = 2 WHERE name = 'INBOX'",
                    "UPDATE mailbox SET name = 'Other' WHERE name = 'Junk'",
                    "DELETE FROM subscription WHERE name = 'Sent'",
                    "UPDATE account SET list_modseq = list_modseq + 1",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND application_name = 'heddle feed'");
            var told = List.of(
                    client.response().orElseThrow(),
                    client.response().orElseThrow(),
                    client.response().orElseThrow());
            assertThat(told)
                    .anyMatch(line -> line.startsWith("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 "))
                    .contains(
                            "* LIST (\\HasNoChildren \\Junk) \"/\" Other (\"OLDNAME\" (Junk))",
                            "* LIST (\\HasNoChildren \\Sent) \"/\" Sent");
        }
    }

    /** A push comes between two commands, never into the answer of one. */
    @Test
    void tellsBetweenPipelinedCommands() throws Exception {
        try (TestClient client = start(Map.of());
                TestClient writer = server.logIn("ann")) {
            client.ok("SELECT INBOX");
            client.ok("NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))");
            var commands = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                commands.append("p").append(i).append(" UID FETCH 1:* FLAGS\r\n");
            }
            client.send(commands.toString());
            for (int i = 0; i < 50; i++) {
                writer.append("INBOX", MESSAGE);
            }
            long exists = 0;
            boolean isAnswered = false;
            while (!isAnswered || exists < 50) {
                String line = client.response().orElseThrow();
                isAnswered |= line.startsWith("p199 ");
                if (line.endsWith(" EXISTS")) {
                    exists = Long.parseLong(line.split(" ", 3)[1]);
                }
                if (line.startsWith("* ") && line.contains(" FETCH ")) {
                    assertThat(Long.parseLong(line.split(" ", 3)[1])).isLessThanOrEqualTo(exists);
                }
            }
            client.ok("NOOP");
        }
    }
}
