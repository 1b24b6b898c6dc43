package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The database goes and comes back, is slow, or takes no changes. */
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
                Connection sql = connect(server.database());
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
                                RAISE 'not now' USING ERRCODE = 'lock_not_available';
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
        return is(statement, "SELECT is_called FROM refused");
    }

    private static boolean is(Statement statement, String question) {
        try (ResultSet row = statement.executeQuery(question)) {
            row.next();
            return row.getBoolean(1);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static Connection connect(StorageConfig database) throws SQLException {
        return DriverManager.getConnection(database.url(), database.user(), database.password());
    }

    /** As while a fail-over is under way: nothing is written, not even what is recent or seen, and all can be read. */
    @Test
    void whatIsReadOnlyCanBeRead() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("database.pool.wait", "1s"));
                Connection sql = connect(server.database());
                Statement statement = sql.createStatement()) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: 1\r\n\r\n");
                client.ok("SELECT INBOX");
                client.append("Archive", "Subject: 2\r\n\r\n");
                setReadOnly(server, statement, true);
                assertThat(client.ok("FETCH 1 (FLAGS BODY[])").getFirst())
                        .isEqualTo("* 1 FETCH (FLAGS (\\Recent) BODY[] {14}\r\nSubject: 1\r\n\r\n)");
                assertThat(client.command("STORE 1 +FLAGS (\\Seen)").getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(client.command("APPEND INBOX {4+}\r\nlost").getLast())
                        .contains(" NO [UNAVAILABLE] ");
                assertThat(client.command("COPY 1 Archive").getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(client.command("CREATE new").getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(client.ok("SELECT Archive")).contains("* 1 EXISTS", "* 1 RECENT");
                client.ok("CLOSE");
                client.ok("SELECT Archive");
                server.logIn("ann").close();
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);

                setReadOnly(server, statement, false);
                client.ok("STORE 1 +FLAGS (\\Flagged)");
                assertThat(client.ok("FETCH 1 FLAGS")).contains("* 1 FETCH (FLAGS (\\Flagged \\Recent))");
            }
        }
    }

    private static void setReadOnly(TestServer server, Statement statement, boolean on) throws SQLException {
        statement.execute("""
                DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET default_transaction_read_only = %s', current_database()); END $$
                """.formatted(on));
        statement.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'");
        TestServer.await(
                "nothing is left of the connections before",
                () -> server.get("/health/ready").statusCode() == 200);
    }

    /** Real files on a disk that is really full. */
    @Test
    void whatIsFullCanBeRead() throws Exception {
        assumeThat(System.getProperty("heddle.test.database", "")).isEmpty();
        Path disk = Files.createDirectory(directory.resolve("disk"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString()))
                .as("mounting takes root")
                .isZero();
        StorageConfig other = TestDatabase.create();
        try (Connection admin = connect(other);
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE TABLESPACE small LOCATION '" + disk + "'");
            statement.execute("CREATE DATABASE on_small TABLESPACE small");
            try {
                fill(other);
            } finally {
                statement.execute("DROP DATABASE on_small WITH (FORCE)");
                statement.execute("DROP TABLESPACE small");
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    private void fill(StorageConfig other) throws Exception {
        String url = other.url().replaceAll("/heddle_test_[^/?]*", "/on_small");
        var database = StorageConfig.of(url, other.user(), other.password());
        var octets = new byte[150_000];
        new Random(1).nextBytes(octets);
        String large = "\r\n" + Base64.getMimeEncoder().encodeToString(octets);
        try (TestServer server = TestServer.start(directory, database, Map.of());
                Connection sql = connect(database);
                Statement statement = sql.createStatement()) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: 1\r\n\r\n");
                client.ok("SELECT INBOX");
                statement.execute("CREATE TABLE filler (bytes text STORAGE PLAIN)");
                assertThatThrownBy(() -> statement.execute(
                                "INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, 20000)"))
                        .hasMessageContaining("No space left on device");
                String append = "APPEND INBOX {" + large.length() + "+}\r\n" + large;
                assertThat(client.command(append).getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(client.ok("FETCH 1 BODY.PEEK[]").getFirst()).contains("Subject: 1");
                client.ok("NOOP");
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);

                statement.execute("DROP TABLE filler");
                assertThat(client.ok(append)).contains("* 2 EXISTS");
            }
            server.awaitNobody();
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    /** Somebody holds a mailbox: who wants to change it waits for as long as the settings say. */
    @Test
    void aLockIsNotWaitedForForever() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("database.timeout", "3s"));
                Connection sql = connect(server.database());
                Statement statement = sql.createStatement()) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: 1\r\n\r\n");
                client.ok("SELECT INBOX");
                sql.setAutoCommit(false);
                statement.execute("SELECT FROM mailbox FOR UPDATE");
                assertThat(client.command("STORE 1 +FLAGS (\\Seen)").getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(client.command("APPEND INBOX {4+}\r\nlost").getLast())
                        .contains(" NO [UNAVAILABLE] ");
                assertThat(client.ok("FETCH 1 BODY.PEEK[]").getFirst()).contains("Subject: 1");
                client.ok("NOOP");
                sql.commit();
                client.ok("STORE 1 +FLAGS (\\Seen)");
            }
        }
    }

    /** Statements that do not end hold all connections: others are sent away, and so are they, but the server is ready. */
    @Test
    void aSlowDatabaseIsNotWaitedForForever() throws Exception {
        var settings = Map.of("database.timeout", "4s", "database.pool.size", "2", "database.pool.wait", "100ms");
        try (TestServer server = TestServer.start(directory, settings);
                Connection sql = connect(server.database());
                Statement statement = sql.createStatement()) {
            server.freshAccount("ann");
            server.freshAccount("bob");
            try (TestClient ann = server.logIn("ann");
                    TestClient bob = server.logIn("bob");
                    TestClient other = server.logIn("ann")) {
                for (TestClient client : List.of(ann, bob)) {
                    client.append("INBOX", "Subject: 1\r\n\r\n");
                    client.ok("SELECT INBOX");
                }
                statement.execute("""
                        CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$
                            BEGIN
                                PERFORM pg_sleep(600);
                                RETURN new;
                            END
                        $$;
                        CREATE TRIGGER sleep BEFORE UPDATE OF flags ON message FOR EACH ROW EXECUTE FUNCTION sleep()
                        """);
                String first = ann.begin("STORE 1 +FLAGS (\\Seen)");
                String second = bob.begin("STORE 1 +FLAGS (\\Seen)");
                TestServer.await(
                        "both are asleep",
                        () -> is(
                                statement,
                                "SELECT count(*) = 2 FROM pg_stat_activity"
                                        + " WHERE datname = current_database() AND wait_event = 'PgSleep'"));
                assertThat(other.command("STATUS INBOX (MESSAGES)").getLast()).contains(" NO [UNAVAILABLE] ");
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
                assertThat(ann.answers(first).getLast()).startsWith(first + " NO [UNAVAILABLE] ");
                assertThat(bob.answers(second).getLast()).startsWith(second + " NO [UNAVAILABLE] ");
                other.ok("STATUS INBOX (MESSAGES)");
                statement.execute("DROP TRIGGER sleep ON message");
                ann.ok("STORE 1 +FLAGS (\\Seen)");
            }
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
