package heddle.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.storage.embedded.EmbeddedDatabase.UnusableDirectoryException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database of a Heddle that nobody gave one survives what happens to processes. */
class EmbeddedDatabaseTest {
    /** It complains that it cannot stop a database that was killed. */
    private static final Logger POSTGRES = Logger.getLogger(EmbeddedPostgres.class.getName());

    @TempDir
    private Path directory;

    @BeforeAll
    static void silence() {
        POSTGRES.setLevel(Level.OFF);
    }

    @AfterAll
    static void speakAgain() {
        POSTGRES.setLevel(null);
    }

    /** Runs in a process of its own, which is killed: what it started lives on. */
    static final class Abandoned {
        private Abandoned() {}

        public static void main(String[] arguments) throws Exception {
            try (EmbeddedDatabase database = EmbeddedDatabase.start(Path.of(arguments[0]))) {
                execute(database, "CREATE TABLE kept AS SELECT 1 AS number");
                System.out.println("ready");
                Thread.currentThread().join();
            }
        }
    }

    private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(EmbeddedDatabase database) throws SQLException {
        EmbeddedDatabase.Address address = database.address();
        return DriverManager.getConnection(address.url(), address.user(), address.password());
    }

    private static String ask(EmbeddedDatabase database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private ProcessHandle postmaster() throws Exception {
        Path file = directory.resolve("database").resolve("postmaster.pid");
        return ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(file).getFirst().strip()))
                .orElseThrow();
    }

    /** One directory for all: to make it takes longer than everything that is done with it. */
    @Test
    void outlivesKilledProcesses() throws Exception {
        Process abandoned = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Abandoned.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var said = abandoned.inputReader()) {
            assertThat(said.lines().anyMatch("ready"::equals)).isTrue();
        } finally {
            abandoned.destroyForcibly();
        }
        abandoned.waitFor(10, TimeUnit.SECONDS);
        ProcessHandle orphan = postmaster();
        assertThat(orphan.isAlive()).isTrue();
        assertThat(EmbeddedDatabase.running(directory)).isPresent();

        try (EmbeddedDatabase adopted = EmbeddedDatabase.start(directory)) {
            assertThat(orphan.isAlive()).isFalse();
            assertThat(ask(adopted, "SELECT number FROM kept")).isEqualTo("1");
            for (String setting : new String[] {"fsync", "full_page_writes", "synchronous_commit"}) {
                assertThat(ask(adopted, "SHOW " + setting)).as(setting).isEqualTo("on");
            }
            assertThat(ask(adopted, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(EmbeddedDatabase.running(directory)).contains(adopted.address());
            refusesASecondStart();
            refusesStrangers(adopted);

            execute(adopted, "UPDATE kept SET number = 2");
            var ended = new CountDownLatch(1);
            adopted.onUnexpectedEnd(ended::countDown);
            postmaster().destroyForcibly();
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        }
        becomeAsBeforePasswords();
        var unexpected = new AtomicBoolean();
        try (EmbeddedDatabase again = EmbeddedDatabase.start(directory)) {
            again.onUnexpectedEnd(() -> unexpected.set(true));
            refusesStrangers(again);
            assertThat(ask(again, "SELECT number FROM kept")).isEqualTo("2");
        }
        assertThat(EmbeddedDatabase.running(directory)).isEmpty();
        assertThat(unexpected).isFalse();
    }

    /** A directory without our file, in which everybody may do everything. */
    private void becomeAsBeforePasswords() throws Exception {
        Files.delete(directory.resolve("database-password"));
        Files.writeString(
                directory.resolve("database").resolve("pg_hba.conf"),
                "# TYPE DATABASE USER ADDRESS METHOD\nlocal all all trust\nhost all all 127.0.0.1/32 trust\n");
    }

    private void refusesStrangers(EmbeddedDatabase database) throws Exception {
        EmbeddedDatabase.Address address = database.address();
        assertThatThrownBy(() -> DriverManager.getConnection(address.url(), address.user(), "")
                        .close())
                .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> DriverManager.getConnection(address.url(), address.user(), "guessed")
                        .close())
                .hasMessageContaining("password authentication failed");
        Path file = directory.resolve("database-password");
        assertThat(Files.readString(file).strip()).isEqualTo(address.password()).hasSize(64);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(address.toString()).doesNotContain(address.password());
    }

    private void refusesASecondStart() {
        assertThatThrownBy(() -> EmbeddedDatabase.start(directory))
                .isInstanceOf(UnusableDirectoryException.class)
                .hasMessage(directory + " is in use by another Heddle");
    }

    @Test
    void saysInOneLineThatAnotherVersionWasHere() throws Exception {
        Path version = Files.createDirectories(directory.resolve("database")).resolve("PG_VERSION");
        Files.writeString(version, "14\n");
        assertThatThrownBy(() -> EmbeddedDatabase.start(directory))
                .isInstanceOf(UnusableDirectoryException.class)
                .hasMessageContaining("PostgreSQL 14")
                .hasMessageContaining("PostgreSQL " + EmbeddedDatabase.MAJOR)
                .hasMessageNotContaining("\n");
        assertThat(Files.readString(version)).isEqualTo("14\n");
    }
}
