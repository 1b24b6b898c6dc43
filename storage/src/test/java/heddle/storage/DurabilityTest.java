package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.storage.sql.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database and each connection must be set to (DESIGN §4 rules 4 and 7). */
class DurabilityTest {
    private static final StorageConfig CONFIG = TestDatabase.create();

    /** A server of its own: what a server is started with cannot be changed while others use it. */
    @ParameterizedTest
    @ValueSource(strings = {"fsync", "full_page_writes"})
    void refusesADatabaseThatForgets(String setting, @TempDir Path directory) throws Exception {
        try (EmbeddedPostgres forgetful = EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(directory.toFile())
                .setServerConfig("fsync", "on")
                .setServerConfig(setting, "off")
                .start()) {
            StorageConfig config = StorageConfig.of(forgetful.getJdbcUrl("postgres", "postgres"), "postgres", "");
            assertThatThrownBy(() -> TestDatabase.open(config))
                    .isInstanceOf(UnsuitableDatabaseException.class)
                    .hasMessage("it has " + setting + " = off and could lose acknowledged mail; allowed: on");
        }
    }

    /** A connection's own setting wins over what the operator set for the database or the user. */
    @Test
    void commitsSynchronouslyWhateverTheDatabaseSays() throws Exception {
        StorageConfig config = TestDatabase.create();
        try (var sql = new Sql(config)) {
            sql.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
                    + " current_database()); END $$");
        }
        try (var sql = new Sql(config)) {
            assertThat(sql.text("SHOW synchronous_commit")).isEqualTo("off");
        }
        try (Storage storage = TestDatabase.open(config)) {
            assertThat(storage.isReachable()).isTrue();
        }
        assertThat(setting(config, "synchronous_commit")).isEqualTo("on");
    }

    /** Rule 7: a paused pod that holds a mailbox is thrown out. */
    @ParameterizedTest
    @CsvSource({
        "lock_timeout, 5s",
        "statement_timeout, 30s",
        "idle_in_transaction_session_timeout, 5s",
        "synchronous_commit, on",
        "transaction_isolation, read committed",
    })
    void setsLimitsOnEveryConnection(String name, String value) {
        assertThat(setting(CONFIG, name)).isEqualTo(value);
    }

    private static String setting(StorageConfig config, String name) {
        try (var database = new Database(config, new SimpleMeterRegistry())) {
            return database.run(connection -> {
                try (Statement show = connection.createStatement();
                        ResultSet row = show.executeQuery("SHOW " + name)) {
                    row.next();
                    return row.getString(1);
                }
            });
        }
    }
}
