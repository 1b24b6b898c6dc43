package heddle.storage;

import heddle.storage.sql.Database;
import java.net.InetAddress;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Failed log-ins by address, on all pods together. They count within a window of time, which begins with the first of them;
 * when it is over, the next one is a first one again.
 */
public final class LogInFailures {
    /** Addresses that one question is answered with, those with the most failures. */
    private static final int MOST = 10_000;

    private final Database database;

    LogInFailures(Database database) {
        this.database = database;
    }

    /**
     * The failures from one address.
     *
     * @param left of the window that they count in
     */
    public record Count(InetAddress address, int failures, Duration left) {}

    /**
     * Adds what was counted here since the last time.
     *
     * @param window how long a first one counts
     */
    public void add(Map<InetAddress, Integer> counted, Duration window) {
        // In the order of their addresses: pods that count the same ones do not wait for each other in a circle.
        String sql = """
                INSERT INTO failed_log_in AS known (address, failures, ends_at)
                SELECT address::inet, failures, now() + make_interval(secs => ?)
                  FROM unnest(?::text[], ?::integer[]) AS counted(address, failures)
                 ORDER BY 1
                    ON CONFLICT (address) DO UPDATE
                   SET failures = excluded.failures + CASE WHEN known.ends_at > now() THEN known.failures ELSE 0 END,
                       ends_at = CASE WHEN known.ends_at > now() THEN known.ends_at ELSE excluded.ends_at END,
                       counted_at = excluded.counted_at
                """;
        List<InetAddress> addresses = List.copyOf(counted.keySet());
        database.run(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                insert.setDouble(1, window.toMillis() / 1e3);
                insert.setObject(2, addresses.stream().map(Inet::text).toArray(String[]::new));
                insert.setObject(3, addresses.stream().mapToInt(counted::get).toArray());
                return insert.executeUpdate();
            }
        });
    }

    /** {@return what has been added to within the last {@code age}, by whichever pod, and counts still} */
    public List<Count> countedWithin(Duration age) {
        String sql = """
                SELECT host(address), failures, extract(epoch FROM ends_at - now())::float8
                  FROM failed_log_in
                 WHERE counted_at > now() - make_interval(secs => ?) AND ends_at > now()
                 ORDER BY failures DESC
                 LIMIT ?
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setDouble(1, age.toMillis() / 1e3);
                select.setInt(2, MOST);
                try (ResultSet row = select.executeQuery()) {
                    var counts = new ArrayList<Count>();
                    while (row.next()) {
                        counts.add(new Count(Inet.address(row.getString(1)), row.getInt(2), Duration.ofMillis((long)
                                (row.getDouble(3) * 1e3))));
                    }
                    return counts;
                }
            }
        });
    }

    /** Takes away what does not count any more; what another pod is at is left to it. */
    public void forgetOld() {
        String sql = """
                DELETE FROM failed_log_in
                 WHERE address IN (SELECT address FROM failed_log_in WHERE ends_at < now() LIMIT ? FOR UPDATE SKIP LOCKED)
                """;
        database.run(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(sql)) {
                delete.setInt(1, MOST);
                return delete.executeUpdate();
            }
        });
    }
}
