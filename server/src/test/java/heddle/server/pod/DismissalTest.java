package heddle.server.pod;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.Account;
import heddle.storage.Accounts;
import heddle.storage.ListedSession;
import heddle.storage.Sessions;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that never rests, because it has sent the next commands before it is answered, is sent away between two of them,
 * whoever wants it to go.
 */
@Timeout(120)
class DismissalTest {
    @TempDir
    Path directory;

    private final StorageConfig database = TestDatabase.create();
    private TestServer server;

    /** Holds what the first command of a client needs, until {@link Connection#commit}. */
    private Connection sql;

    @BeforeEach
    void start() throws Exception {
        // So that a lock is waited for longer than it takes until an order has come.
        var settings = Map.of("listen.lmtp", "127.0.0.1:0", "database.timeout", "3m", "shutdown.grace", "1m");
        server = TestServer.start(directory, database, settings);
        server.freshAccount("ann");
        server.freshAccount("ben");
        sql = DriverManager.getConnection(database.url(), database.user(), database.password());
        sql.setAutoCommit(false);
    }

    @AfterEach
    void stop() throws Exception {
        sql.close();
        server.close();
    }

    /** Takes whatever gives the order; returns when the session has it. */
    @FunctionalInterface
    private interface Order {
        void give() throws Exception;
    }

    /** When its turn comes, a client that is at rest has been told. */
    private void stopServer() throws IOException {
        try (TestClient atRest = server.logIn("ben")) {
            Thread.ofVirtual().start(server::close);
            assertThat(atRest.response()).hasValue("* BYE the server is stopping");
        }
    }

    private void endSession(String listener) {
        TestServer.await("it is listed", () -> session(listener).isPresent());
        server.storage().sessions().end(session(listener).orElseThrow().id(), "moving house");
        awaitDismissal();
    }

    private Optional<ListedSession> session(String listener) {
        return server.storage().sessions().list(null, Sessions.FIRST).stream()
                .filter(session -> session.access().listener().equals(listener))
                .findFirst();
    }

    private void disableAccount() {
        Account ann = server.storage().accounts().find("ann").orElseThrow();
        server.storage().accounts().setDisabled(ann.id(), true);
        awaitDismissal();
    }

    private void awaitDismissal() {
        TestServer.await("it is told", () -> server.meter("heddle_sessions_dismissed_total") == 1);
    }

    private void holdMailboxes() throws SQLException {
        try (Statement hold = sql.createStatement()) {
            hold.execute("SELECT FROM mailbox FOR UPDATE");
        }
    }

    private void awaitWaiting() {
        TestServer.await("the first command waits", this::isWaiting);
    }

    private boolean isWaiting() {
        try (Statement select = sql.createStatement();
                ResultSet row = select.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")) {
            row.next();
            return row.getInt(1) > 0;
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static List<String> rest(TestClient client) throws IOException {
        var rest = new ArrayList<String>();
        for (Optional<String> next = client.response(); next.isPresent(); next = client.response()) {
            rest.add(next.get());
        }
        return rest;
    }

    /** The first command is answered, and the last words come instead of an answer to the second. */
    private void imap(Order order, String lastWords) throws Exception {
        try (TestClient client = server.logIn("ann")) {
            client.append("INBOX", "Subject: 1\r\n\r\n");
            client.ok("SELECT INBOX");
            holdMailboxes();
            client.send("a STORE 1 +FLAGS.SILENT (\\Flagged)\r\nb NOOP\r\nc NOOP\r\n");
            awaitWaiting();
            order.give();
            sql.commit();
            assertThat(rest(client)).containsExactly("a OK STORE completed", "* BYE " + lastWords);
        }
    }

    @Test
    void whenTheServerStops() throws Exception {
        imap(this::stopServer, "the server is stopping");
    }

    @Test
    void whenAnOperatorEndsTheSession() throws Exception {
        imap(() -> endSession("imap"), "moving house");
    }

    @Test
    void whenTheAccountIsDisabled() throws Exception {
        imap(this::disableAccount, Accounts.SHUT_OUT);
    }

    private void lmtp(Order order, String lastWords) throws Exception {
        try (var client = new TestClient(server.port("lmtp"))) {
            client.send("LHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n");
            while (!client.response().orElseThrow().startsWith("354 ")) {}
            holdMailboxes();
            client.send("Subject: 1\r\n\r\n.\r\nNOOP\r\nNOOP\r\n");
            awaitWaiting();
            order.give();
            sql.commit();
            assertThat(rest(client)).containsExactly("250 2.0.0 delivered", "421 4.3.2 " + lastWords);
        }
    }

    @Test
    void whenTheServerStopsToTakeMail() throws Exception {
        lmtp(this::stopServer, "the server is stopping");
    }

    @Test
    void whenAnOperatorEndsTheSessionThatBringsMail() throws Exception {
        lmtp(() -> endSession("lmtp"), "moving house");
    }
}
