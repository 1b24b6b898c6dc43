package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.DataDirectory;
import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.kill.DatabaseProcess;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The primary dies, and its asynchronous standby takes its place under a server that runs (DESIGN §4 rule 5). */
@Timeout(180)
class FailoverTest {
    private static final long UIDS = 10_000;

    @TempDir
    Path directory;

    private EmbeddedDatabase.Address address;
    private int primaryPort;
    private int standbyPort;
    private DatabaseProcess primary;
    private DatabaseProcess standby;
    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        Path files;
        try (EmbeddedDatabase made = EmbeddedDatabase.start(directory.resolve("primary"))) {
            address = made.address();
            primary = DatabaseProcess.in(directory.resolve("primary"));
            files = primary.data();
        }
        Path copy = directory.resolve("standby");
        DataDirectory.copy(files, copy);
        standby = primary.with(copy);
        primaryPort = freePort();
        standbyPort = freePort();
        Files.createFile(copy.resolve("standby.signal"));
        Files.writeString(
                copy.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=%d user=%s password=%s'\n"
                        .formatted(primaryPort, address.user(), address.password()),
                StandardOpenOption.APPEND);
        primary.start(primaryPort);
        standby.start(standbyPort);
        server = start(primaryPort, standbyPort);
        server.freshAccount("ann");
    }

    /** {@return a server that looks for the primary at these ports in turn} */
    private TestServer start(int first, int second) throws IOException {
        var both = "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/postgres?targetServerType=primary"
                .formatted(first, second);
        return TestServer.start(
                directory.resolve("server"),
                StorageConfig.of(both, address.user(), address.password()),
                Map.of("database.pool.wait", "1s", "database.timeout", "2s"));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        standby.kill();
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private String ask(int port, String sql) {
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, address.user(), address.password());
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            ResultSet row = statement.getResultSet();
            row.next();
            return row.getString(1);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Lets the standby have all that is committed by now, and nothing of what follows. */
    private void cut() {
        String committed = ask(primaryPort, "SELECT pg_current_wal_flush_lsn()");
        TestServer.await("the standby has it all", () -> ask(
                        standbyPort, "SELECT pg_last_wal_replay_lsn() >= '" + committed + "'")
                .equals("t"));
        ask(standbyPort, "ALTER SYSTEM SET primary_conninfo = ''");
        ask(standbyPort, "SELECT pg_reload_conf()");
        TestServer.await("the standby is on its own", () -> ask(
                        standbyPort, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
                .equals("t"));
    }

    private void failOver() throws Exception {
        primary.kill();
        TestServer.await(
                "the server misses its database",
                () -> server.get("/health/ready").statusCode() == 503);
        standby.promote();
        server.awaitReady();
    }

    private long skippedUids() {
        return (server.storage().epochs().current() - 1) * UIDS;
    }

    private static void awaitLine(TestClient client, String wanted) throws IOException {
        while (!client.response().orElseThrow().equals(wanted)) {}
    }

    @Test
    void everyClientLearnsWhatIsLost() throws Exception {
        try (TestClient writer = server.logIn("ann");
                TestClient watcher = server.logIn("ann");
                TestClient idle = server.logIn("ann")) {
            for (int i = 1; i <= 3; i++) {
                writer.append("INBOX", "Subject: kept\r\n\r\n");
            }
            writer.ok("ENABLE QRESYNC");
            writer.ok("SELECT INBOX");
            cut();
            // What follows is acknowledged, and then lost.
            watcher.ok("SELECT INBOX");
            idle.ok("SELECT INBOX");
            writer.ok("STORE 1 +FLAGS (\\Flagged)");
            writer.append("INBOX", "Subject: lost\r\n\r\n");
            watcher.ok("NOOP");
            idle.ok("NOOP");
            idle.begin("IDLE");
            assertThat(idle.response())
                    .hasValueSatisfying(line -> assertThat(line).startsWith("+"));
            writer.ok("UID STORE 2 +FLAGS.SILENT (\\Deleted)");
            String known = TestClient.number(writer.ok("UID EXPUNGE 2"), "HIGHESTMODSEQ");
            String validity = TestClient.number(writer.ok("STATUS INBOX (UIDVALIDITY)"), "UIDVALIDITY");
            awaitLine(idle, "* 2 EXPUNGE");

            failOver();
            awaitLine(idle, "* BYE the mailbox was restored to an earlier state: select it again");
            assertThat(writer.command("NOOP"))
                    .as("it knows that a message is gone which is there again")
                    .containsExactly("* BYE the mailbox was restored to an earlier state: select it again");
            assertThat(watcher.ok("NOOP"))
                    .contains("* 4 EXPUNGE", "* 1 FETCH (UID 1 FLAGS ())")
                    .noneMatch(line -> line.endsWith("EXISTS"));
            assertThat(watcher.ok("FETCH 1:* (UID FLAGS)"))
                    .contains("* 1 FETCH (UID 1 FLAGS ())", "* 2 FETCH (UID 2 FLAGS ())", "* 3 FETCH (UID 3 FLAGS ())");

            try (TestClient back = server.logIn("ann")) {
                back.ok("ENABLE QRESYNC");
                assertThat(back.ok("SELECT INBOX (QRESYNC (" + validity + " " + known + " 1,3:4))"))
                        .contains("* 3 EXISTS", "* VANISHED (EARLIER) 4")
                        .anyMatch(line -> line.startsWith("* 1 FETCH (UID 1 FLAGS () MODSEQ"))
                        .anyMatch(line -> line.startsWith("* 3 FETCH (UID 3 FLAGS () MODSEQ"));
                String now = TestClient.number(back.ok("SELECT INBOX"), "HIGHESTMODSEQ");
                assertThat(Long.parseLong(now)).isGreaterThan(Long.parseLong(known));
                assertThat(back.ok("SELECT INBOX (QRESYNC (" + validity + " " + now + "))"))
                        .as("one full resync")
                        .noneMatch(line -> line.contains("VANISHED") || line.contains("FETCH"));
                back.append("INBOX", "Subject: new\r\n\r\n");
                assertThat(back.ok("FETCH 4 (UID BODY.PEEK[])"))
                        .contains("* 4 FETCH (UID " + (skippedUids() + 4) + " BODY[] {16}\r\nSubject: new\r\n\r\n)");
            }
        }
    }

    /** It comes back, and does not know that another has its place: nobody uses it, and nothing is written to it. */
    @Test
    void thePrimaryOfBeforeIsRefused() throws Exception {
        try (TestClient client = server.logIn("ann")) {
            client.append("INBOX", "Subject: kept\r\n\r\n");
            cut();
            failOver();
            client.append("INBOX", "Subject: new\r\n\r\n");
            primary.start(primaryPort);
            ask(
                    standbyPort,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
            TestServer.await(
                    "the server has come to the old primary, and left it again",
                    () -> server.get("/health/ready").statusCode() == 503);
            assertThat(client.command("APPEND INBOX {4+}\r\nlost").getLast()).contains(" NO [UNAVAILABLE] ");
            assertThat(ask(primaryPort, "SELECT epoch || ' ' || (SELECT count(*) FROM message) FROM database_state"))
                    .isEqualTo("1 1");
            int epoch = server.storage().epochs().current();
            primary.kill();
            server.awaitReady();
            assertThat(client.ok("STATUS INBOX (MESSAGES)")).contains("* STATUS INBOX (MESSAGES 2)");
            assertThat(server.storage().epochs().current()).isEqualTo(epoch);
        }
    }

    /** It lives on as if nothing had been, and its connections do. */
    @Test
    void theHeartbeatLeavesThePrimaryOfBefore() throws Exception {
        server.close();
        server = start(standbyPort, primaryPort);
        cut();
        standby.promote();
        TestServer.await(
                "the heartbeat follows the feed, whose first connection may still be to the old primary", () -> {
                    ask(
                            primaryPort,
                            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    + " WHERE application_name = 'heddle feed'");
                    return hasHeartbeat();
                });
        primary.kill();
    }

    /** It lives on, and is not written to any more: only who tries learns of it. */
    @Test
    void aPrimaryThatCanOnlyBeReadIsLeft() throws Exception {
        try (TestClient client = server.logIn("ann")) {
            cut();
            ask(primaryPort, "ALTER SYSTEM SET default_transaction_read_only = on");
            ask(primaryPort, "SELECT pg_reload_conf()");
            standby.promote();
            TestServer.await("the server has come to the new primary", this::hasHeartbeat);
            client.append("INBOX", "Subject: new\r\n\r\n");
            assertThat(ask(standbyPort, "SELECT count(*) FROM message")).isEqualTo("1");
        }
        primary.kill();
    }

    /** Whether the new primary hears that the server lives. */
    private boolean hasHeartbeat() {
        return ask(standbyPort, "SELECT count(*) FROM pod").equals("1");
    }

    /** A database that says nothing at all, as behind a network that is cut. */
    @Test
    void silenceIsNotWaitedForForever() throws Exception {
        try (TestClient client = server.logIn("ann")) {
            client.append("INBOX", "Subject: 1\r\n\r\n");
            client.ok("SELECT INBOX");
            primary.pause(true);
            assertThat(client.command("NOOP").getLast()).contains(" NO [UNAVAILABLE] ");
            assertThat(client.command("STORE 1 +FLAGS (\\Seen)").getLast()).contains(" NO [UNAVAILABLE] ");
            primary.pause(false);
            server.awaitReady();
            client.ok("NOOP");
            client.ok("STORE 1 +FLAGS (\\Seen)");
        }
        primary.kill();
    }

    /** Nothing was lost, but nobody can know: who has seen all of it is told the flags once more, and goes on. */
    @Test
    void goesOnWithTheStandby() throws Exception {
        try (TestClient client = server.logIn("ann");
                TestClient idle = server.logIn("ann")) {
            client.append("INBOX", "Subject: kept\r\n\r\n");
            client.ok("SELECT INBOX");
            idle.ok("SELECT INBOX");
            idle.begin("IDLE");
            idle.response();
            cut();
            failOver();
            assertThat(idle.response()).hasValue("* 1 FETCH (UID 1 FLAGS ())");
            client.append("INBOX", "Subject: new\r\n\r\n");
            assertThat(idle.response()).hasValue("* 2 EXISTS");
            assertThat(client.ok("FETCH 1:2 UID"))
                    .contains("* 1 FETCH (UID 1)", "* 2 FETCH (UID " + (skippedUids() + 2) + ")");
        }
    }
}
