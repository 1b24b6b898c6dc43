package heddle.storage;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How storage reaches its database and what it keeps.
 *
 * @param url JDBC URL of PostgreSQL 15 to 18
 * @param password null where the database asks for none
 * @param poolSize connections, at least 2
 * @param waits how long a command waits for the database before it is told {@code UNAVAILABLE}
 * @param retention what is kept after it is gone
 * @param snapshotBytes how much memory the mailboxes' snapshots may take, roughly
 * @param messageBytes how much memory envelopes and the like that were read lately may take, and small bodies again as much
 * @param cpuThreads platform threads for parsing, hashing and searching
 */
public record StorageConfig(
        String url,
        String user,
        @Nullable String password,
        int poolSize,
        Waits waits,
        Retention retention,
        long snapshotBytes,
        long messageBytes,
        int cpuThreads) {

    /**
     * How long a command waits for the database.
     *
     * @param connection for a connection of the pool
     * @param statement for one statement; for a lock, a sixth of it
     */
    public record Waits(Duration connection, Duration statement) {
        public static final Waits DEFAULT = new Waits(Duration.ofSeconds(10), Duration.ofSeconds(30));
    }

    /**
     * What is kept after it is gone.
     *
     * @param expunged how long an expunged message can still be read by sessions that were not told
     * @param journal how long a client may be away and still be told only what changed
     * @param sweep how often the sweeper works
     */
    public record Retention(Duration expunged, Duration journal, Duration sweep) {
        public static final Retention DEFAULT =
                new Retention(Duration.ofMinutes(30), Duration.ofDays(30), Duration.ofMinutes(5));
    }

    /** {@return the same database with a pool of its own} */
    StorageConfig with(int otherPoolSize, Waits otherWaits) {
        return new StorageConfig(
                url, user, password, otherPoolSize, otherWaits, retention, snapshotBytes, messageBytes, cpuThreads);
    }

    /** {@return what is usual on this machine for the database at {@code url}} */
    public static StorageConfig of(String url, String user, @Nullable String password) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new StorageConfig(
                url,
                user,
                password,
                Math.max(8, 4 * cores),
                Waits.DEFAULT,
                Retention.DEFAULT,
                64L << 20,
                64L << 20,
                Math.max(1, cores - 1));
    }

    /** The password is a secret. */
    @Override
    public String toString() {
        return "StorageConfig[url=" + url + ", user=" + user + "]";
    }
}
