package heddle.storage.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import heddle.storage.Activity;
import heddle.storage.StorageConfig;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import heddle.storage.Timers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Collections;
import java.util.Properties;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;

/** The pool of connections and the few ways to use one. Nobody holds a connection while waiting for a client. */
public final class Database implements AutoCloseable {
    /** How often a transaction that is known to have rolled back is tried again. */
    private static final int TRIES = 5;

    /**
     * What holds for every statement: a pod that is paused while it holds a mailbox is thrown out, and a network that
     * went away is noticed (DESIGN §4 rule 7).
     */
    private static final String OPTIONS = "-c lock_timeout=%dms -c statement_timeout=%dms"
            + " -c idle_in_transaction_session_timeout=5s -c plan_cache_mode=force_generic_plan"
            + " -c synchronous_commit=on -c jit=off -c TimeZone=UTC";

    private final String url;
    private final Properties properties;
    private final HikariDataSource pool;
    private final Semaphore turns;
    private final long waitMillis;
    private final Timer waiting;
    private final Timer runs;
    private final Timer atomicRuns;
    private final Timer transactions;
    private final Counter retries;
    private final Counter busy;
    private final Counter unavailable;
    private final Counter timeouts;
    private final Counter unknownOutcomes;
    /** The pool's connections that have been looked at. */
    private final Set<PGConnection> met = Collections.newSetFromMap(Collections.synchronizedMap(new WeakHashMap<>()));

    private volatile Arrival arrival = _ -> {};

    /** What is done with a new connection before anybody uses it; one that it refuses is closed. */
    @FunctionalInterface
    public interface Arrival {
        void at(Connection connection) throws SQLException;
    }

    /** Work with a connection that is given back afterwards. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Opens the pool, which fills by itself and stays full; a database that is away now may come later.
     *
     * @param name of the pool, in metrics
     */
    public Database(String name, StorageConfig config, MeterRegistry registry) {
        url = config.url();
        properties = properties(config);
        var hikari = new HikariConfig();
        hikari.setPoolName(name);
        hikari.setJdbcUrl(url);
        hikari.setDataSourceProperties(properties);
        hikari.setMaximumPoolSize(config.poolSize());
        hikari.setConnectionTimeout(Math.max(250, config.waits().connection().toMillis()));
        hikari.setInitializationFailTimeout(-1);
        hikari.setMetricRegistry(registry);
        pool = new HikariDataSource(hikari);
        turns = new Semaphore(config.poolSize(), true);
        waitMillis = config.waits().connection().toMillis();
        waiting = Timers.timer("heddle.database.wait", "Time a command waits for a database connection.")
                .tag("pool", name)
                .register(registry);
        runs = time(registry, name, "statements");
        atomicRuns = time(registry, name, "atomic");
        transactions = time(registry, name, "transaction");
        retries = Counter.builder("heddle.database.retries")
                .description("Work done once more, because the database had rolled it back.")
                .register(registry);
        busy = failures(registry, "busy");
        unavailable = failures(registry, "unavailable");
        timeouts = failures(registry, "timeout");
        unknownOutcomes = failures(registry, "unknown_outcome");
    }

    /** Opens the pool that is named after the program. */
    public Database(StorageConfig config, MeterRegistry registry) {
        this("heddle", config, registry);
    }

    private static Timer time(MeterRegistry registry, String pool, String kind) {
        return Timers.timer("heddle.database.time", "Time a database connection is in use for one piece of work.")
                .tag("pool", pool)
                .tag("kind", kind)
                .register(registry);
    }

    private static Counter failures(MeterRegistry registry, String reason) {
        return Counter.builder("heddle.database.failures")
                .description("Work that the database did not do.")
                .tag("reason", reason)
                .register(registry);
    }

    private static Properties properties(StorageConfig config) {
        var properties = new Properties();
        properties.setProperty("user", config.user());
        if (config.password() != null) {
            properties.setProperty("password", config.password());
        }
        properties.setProperty("ApplicationName", "heddle");
        long statement = config.waits().statement().toMillis();
        properties.setProperty("options", OPTIONS.formatted(statement / 6, statement));
        properties.setProperty(
                "logServerErrorDetail", "false"); // it would show the row: addresses, or what was written
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("preparedStatementCacheQueries", "512");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("tcpNoDelay", "true");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("hostRecheckSeconds", "1"); // of several hosts, which one is the primary now
        properties.setProperty("socketFactory", TimedSocketFactory.class.getName());
        // Should the database not even say that it took too long.
        properties.setProperty("socketTimeout", String.valueOf(statement / 1000 + 5));
        return properties;
    }

    /**
     * Opens a connection that is not the pool's; its owner closes it. It gives up when the database is silent for 10 s.
     *
     * @param name under which the database shows it
     */
    public Connection connect(String name) throws SQLException {
        var own = new Properties();
        own.putAll(properties);
        own.setProperty("ApplicationName", name);
        own.setProperty("socketTimeout", "10");
        own.remove("socketFactory"); // its owner may wait for notifications, for a time, and go on
        Connection connection = DriverManager.getConnection(url, own);
        try {
            arrival.at(connection);
            return connection;
        } catch (SQLException | RuntimeException refused) {
            connection.close();
            throw refused;
        }
    }

    /** {@return whether all connections are in use: who asks now has to wait until one is given back} */
    public boolean isBusy() {
        return turns.availablePermits() == 0;
    }

    /** Has this done from now on with every connection that is not yet in use. */
    public void onConnect(Arrival done) {
        arrival = done;
        met.clear();
    }

    private void meet(Connection connection) throws SQLException {
        PGConnection own = connection.unwrap(PGConnection.class);
        if (met.contains(own)) {
            return;
        }
        try {
            arrival.at(connection);
            met.add(own);
        } catch (SQLException refused) {
            pool.evictConnection(connection);
            throw new SQLTransientConnectionException("the connection is of no use", refused);
        } catch (RuntimeException refused) {
            pool.evictConnection(connection);
            throw refused;
        }
    }

    /** Closes the pool's connections, those in use when they are given back: the database is elsewhere now. */
    public void forgetConnections() {
        pool.getHikariPoolMXBean().softEvictConnections();
    }

    /**
     * Runs statements that each commit on their own.
     *
     * @throws StorageException when the database cannot be asked
     */
    public <T> T run(Work<T> work) {
        try {
            return borrowed(work, runs);
        } catch (SQLException failed) {
            throw translate(failed);
        }
    }

    /**
     * Like {@link #run}, and tried again when the database says that it rolled back. Only for work that is one
     * transaction, such as several statements sent together. Such statements must not be given a null without a type:
     * for it the driver asks the database between them, which ends the transaction, and with it the lock. For the same
     * reason none but the first may return a column that has no largest length, such as text: before it the driver waits
     * for the answers that are still to come.
     *
     * @throws UnknownOutcomeException when the answer got lost: it may have been committed
     */
    public <T> T runAtomic(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return borrowed(work, atomicRuns);
            } catch (SQLException failed) {
                if (isBroken(failed)) {
                    throw unknownOutcome(failed);
                }
                if (attempt == TRIES || !SqlFailures.isRolledBack(failed)) {
                    throw translate(failed);
                }
                retries.increment();
            }
        }
    }

    /**
     * Runs a transaction (READ COMMITTED), tried again when the database says that it rolled back, and once when its
     * connection broke before COMMIT was sent.
     *
     * @throws StorageException when the database cannot be asked, or thrown by the work; nothing has changed then
     * @throws UnknownOutcomeException when the answer to COMMIT got lost
     */
    public <T> T transaction(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return borrowed(connection -> transact(connection, work), transactions);
            } catch (SQLException failed) {
                if (attempt == TRIES || !SqlFailures.isRolledBack(failed) && !(isBroken(failed) && attempt == 1)) {
                    throw translate(failed);
                }
                retries.increment();
            }
        }
    }

    /** Whether the connection broke at work; when there was none in time, nothing has been sent. */
    private static boolean isBroken(SQLException failed) {
        return SqlFailures.isLost(failed) && !(failed instanceof SQLTransientConnectionException);
    }

    private <T> T transact(Connection connection, Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        boolean committed = false;
        try {
            T result = work.run(connection);
            commit(connection);
            committed = true;
            return result;
        } finally {
            if (!committed) {
                rollBack(connection);
            }
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    private void commit(Connection connection) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException failed) {
            if (SqlFailures.isLost(failed)) {
                throw unknownOutcome(failed);
            }
            throw failed;
        }
    }

    private static void rollBack(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException gone) {
            // The connection is broken; the database rolls back by itself, and the pool throws the connection away.
        }
    }

    private StorageException translate(SQLException failed) {
        StorageException translated = SqlFailures.translate(failed);
        if (SqlFailures.isContention(failed)) {
            timeouts.increment();
        } else if (translated.reason() == Reason.UNAVAILABLE || translated.reason() == Reason.READ_ONLY) {
            unavailable.increment();
        }
        return translated;
    }

    private UnknownOutcomeException unknownOutcome(SQLException failed) {
        unknownOutcomes.increment();
        return new UnknownOutcomeException(failed);
    }

    private <T> T borrowed(Work<T> work, Timer working) throws SQLException {
        long asked = System.nanoTime();
        awaitTurn();
        try (Connection connection = takeConnection()) {
            long got = System.nanoTime();
            waiting.record(got - asked, TimeUnit.NANOSECONDS);
            try {
                meet(connection);
                return work.run(connection);
            } catch (SQLException failed) {
                if (SqlFailures.isReadOnly(failed)) {
                    pool.evictConnection(connection); // of several hosts, another may be the primary now
                }
                throw failed;
            } finally {
                long worked = System.nanoTime() - got;
                working.record(worked, TimeUnit.NANOSECONDS);
                Activity.usedDatabase(worked);
            }
        } finally {
            turns.release();
        }
    }

    private void awaitTurn() {
        long asked = System.nanoTime();
        try {
            if (!turns.tryAcquire(waitMillis, TimeUnit.MILLISECONDS)) {
                busy.increment();
                throw new StorageException(Reason.UNAVAILABLE, "the server is too busy, try again later");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new StorageException(Reason.UNAVAILABLE, "the server is shutting down", stopped);
        } finally {
            Activity.waitedForDatabase(System.nanoTime() - asked);
        }
    }

    private Connection takeConnection() throws SQLException {
        long asked = System.nanoTime();
        try {
            return pool.getConnection();
        } finally {
            Activity.waitedForDatabase(System.nanoTime() - asked);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
