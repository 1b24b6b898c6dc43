package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever waits for a long command is told that it goes on (RFC 9585): the database is held until that has been told. */
@Timeout(60)
class ProgressTest {
    private static final String MAILBOX = "SELECT 1 FROM mailbox FOR UPDATE";
    private static final String TEXTS = "LOCK TABLE content IN ACCESS EXCLUSIVE MODE";

    @TempDir
    Path directory;

    @Test
    void aClientThatWaitsIsTold() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("progress.interval", "10ms"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: one\r\n\r\nx");
                client.append("INBOX", "Subject: two\r\n\r\nx");
                client.ok("SELECT INBOX");
                for (String command :
                        List.of("STORE 1 +FLAGS.SILENT (\\Seen)", "COPY 1 Sent", "MOVE 1 Sent", "EXPUNGE")) {
                    told(server.database(), MAILBOX, client, command, "NIL NIL");
                }
                told(server.database(), TEXTS, client, "SEARCH NOT BODY y", "0 1");
                told(server.database(), TEXTS, client, "SEARCH OR BODY x TEXT y", "NIL NIL");
                // Nothing comes after the answer.
                assertThat(client.ok("NOOP")).hasSize(1);
            }
        }
    }

    /** Sends a command that has to wait for the lock, and reads until it has been told of this state. */
    private static void told(StorageConfig database, String lock, TestClient client, String command, String state)
            throws Exception {
        String tag;
        try (Connection holder = DriverManager.getConnection(database.url(), database.user(), database.password());
                Statement sql = holder.createStatement()) {
            holder.setAutoCommit(false);
            sql.execute(lock);
            tag = client.begin(command);
            String expected = "* OK [INPROGRESS (\"" + tag + "\" " + state + ")] still at it";
            String got = next(client);
            while (!got.equals(expected)) {
                assertThat(got).as(command).startsWith("* OK [INPROGRESS (\"" + tag + "\" ");
                got = next(client);
            }
            holder.rollback();
        }
        assertThat(client.answers(tag).getLast()).as(command).startsWith(tag + " OK ");
    }

    private static String next(TestClient client) throws IOException {
        return client.response().orElse("<closed>");
    }
}
