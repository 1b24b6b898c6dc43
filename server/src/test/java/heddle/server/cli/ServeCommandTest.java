package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.Main;
import heddle.server.TestServer;
import heddle.server.kill.ServerProcess;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that does not come to serve. */
@Timeout(180)
class ServeCommandTest {
    private static final String MIGRATING =
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')";

    @TempDir
    Path directory;

    private Path data;

    @BeforeEach
    void makeDirectory() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
    }

    /** What it has begun is taken back, and the next one does it. */
    @Test
    void aMigrationIsNotWaitedFor() throws Exception {
        StorageConfig database = TestDatabase.create();
        try (Connection connection = DriverManager.getConnection(database.url(), database.user(), database.password());
                Statement sql = connection.createStatement()) {
            sql.execute("""
                    CREATE SCHEMA slow;
                    CREATE FUNCTION slow.dawdle() RETURNS event_trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            IF current_query() LIKE '%CREATE TABLE mailbox %' THEN
                                PERFORM pg_sleep(3600);
                            END IF;
                        END
                    $$;
                    CREATE EVENT TRIGGER dawdle ON ddl_command_end EXECUTE FUNCTION slow.dawdle()
                    """);
            Process server = begin(ServerProcess.on(database));
            TestServer.await("the tables are being made", () -> is(sql, MIGRATING));
            assertStops(server);
            TestServer.await("the database notices", () -> !is(sql, MIGRATING));
            assertThat(is(sql, "SELECT to_regclass('account') IS NULL")).isTrue();

            sql.execute("DROP EVENT TRIGGER dawdle");
            TestServer.start(data, database, Map.of()).close();
        }
    }

    /** It leaves no database behind that it has started. */
    @Test
    void itsOwnDatabaseStopsWithIt() throws Exception {
        Process server = begin(Map.of());
        TestServer.await("the database is being made", () -> Files.exists(data.resolve("database")));
        assertStops(server);
        assertThat(data.resolve("database").resolve("postmaster.pid")).doesNotExist();
    }

    /** What the first mail would find out is found out at once. */
    @Test
    void doesNotStartWhereNothingCanBeCompressed() throws Exception {
        Path script = ServerProcess.script(directory, "", "-DZstdNativePath=/nowhere/zstd.so", Main.class);
        Process server = ServerProcess.begin(script, data, ServerProcess.on(TestDatabase.create()));
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isEqualTo(ExitCode.FAILED);
        assertThat(directory.resolve("server.log"))
                .content()
                .contains("heddle: cannot store mail in ", "the library that compresses mails cannot be loaded");
    }

    private Process begin(Map<String, String> settings) throws IOException {
        return ServerProcess.begin(ServerProcess.script(directory), data, settings);
    }

    private void assertStops(Process server) throws Exception {
        server.destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isEqualTo(ExitCode.OK);
        assertThat(directory.resolve("server.log")).content().doesNotContain("WARN", "ERROR", "heddle:");
    }

    private static boolean is(Statement sql, String select) {
        try (ResultSet row = sql.executeQuery(select)) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
