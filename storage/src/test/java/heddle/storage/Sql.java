package heddle.storage;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The tests' own connection to a database, beside the pool of the storage they test. */
final class Sql implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Connection connection;

    Sql(StorageConfig config) {
        try {
            connection = DriverManager.getConnection(config.url(), config.user(), config.password());
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Starts a transaction that holds what its statements lock until {@link #commit}. */
    void begin() throws SQLException {
        connection.setAutoCommit(false);
    }

    void commit() throws SQLException {
        connection.commit();
        connection.setAutoCommit(true);
    }

    void execute(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            statement.execute();
        }
    }

    /** {@return the rows, each with its columns as text} */
    List<List<@Nullable String>> rows(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters);
                ResultSet row = statement.executeQuery()) {
            var rows = new ArrayList<List<@Nullable String>>();
            while (row.next()) {
                var columns = new ArrayList<@Nullable String>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    columns.add(row.getString(i));
                }
                rows.add(columns);
            }
            return rows;
        }
    }

    /** {@return the first column of the only row} */
    String text(String sql, @Nullable Object... parameters) throws SQLException {
        return String.valueOf(rows(sql, parameters).getFirst().getFirst());
    }

    /** {@return the first column of the only row} */
    long number(String sql, @Nullable Object... parameters) throws SQLException {
        return Long.parseLong(text(sql, parameters));
    }

    /** Waits until this condition holds: something other than this test's thread makes it true. */
    void await(String condition, @Nullable Object... parameters) throws SQLException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!text("SELECT " + condition, parameters).equals("t")) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("still not true: " + condition);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    /** Waits until this many connections to the database wait for a lock. */
    void awaitWaiting(int count) throws SQLException {
        await(
                "count(*) >= ? FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
                count);
    }

    private PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException gone) {
            throw new IllegalStateException(gone);
        }
    }
}
