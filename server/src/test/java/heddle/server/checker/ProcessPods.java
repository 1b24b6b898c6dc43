package heddle.server.checker;

import heddle.server.TestServer;
import heddle.server.balancer.Haproxy;
import heddle.server.kill.DatabaseProcess;
import heddle.server.kill.ServerProcess;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Servers in processes of their own, on one embedded database and perhaps behind a balancer, to which things can happen. */
final class ProcessPods implements Pods, AutoCloseable {
    /** Things that can happen to the servers and their database. */
    enum Misfortune {
        /** {@code kill -9} at any moment. */
        KILL,
        /** {@code kill -9} of one that has committed a change and is about to announce it. */
        KILL_BEFORE_ANNOUNCING,
        /** A server stands still for a while, and then goes on as if nothing had been. */
        PAUSE,
        CUT_CONNECTIONS,
        RESTART_DATABASE,
        CRASH_DATABASE,
        /** Each server in turn is told to stop, and another one takes its place. Wants a balancer. */
        ROLL_OUT;

        /** Whether somebody wants it so, and clients must hardly notice. */
        boolean isPlanned() {
            return this == ROLL_OUT;
        }
    }

    private static final String OF_PODS = " FROM pg_stat_activity WHERE application_name LIKE 'heddle-%'";

    /**
     * An announcement waits while somebody holds the lock that belongs to its pod. Connections that are opened later find this
     * function before the real one.
     */
    private static final String GATE = """
            CREATE FUNCTION public.pg_notify(channel text, announcement text) RETURNS void LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared(hashtext(current_setting('application_name')));
                PERFORM pg_catalog.pg_notify(channel, announcement);
            END
            $$;
            ALTER DATABASE postgres SET search_path = public, pg_catalog
            """;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Time for the balancer to notice, and for clients to be sent away. */
    private static final Map<String, String> BEHIND_A_BALANCER = Map.of(
            "HEDDLE_PROXY_NETWORKS", "127.0.0.0/8",
            "HEDDLE_SHUTDOWN_DELAY", "6s",
            "HEDDLE_SHUTDOWN_SPREAD", "4s",
            "HEDDLE_SHUTDOWN_GRACE", "20s");

    /** A pod that is told to stop is killed after that time: a little more than its own {@code shutdown.grace}. */
    private static final Duration TERMINATION = Duration.ofSeconds(25);

    private final List<Path> programs;
    private final Path directory;
    private final Duration pause;
    private final EmbeddedDatabase embedded;
    private final StorageConfig database;
    private final List<ServerProcess> servers = new ArrayList<>();
    private final List<Haproxy.Server> places = new ArrayList<>();
    private final @Nullable Haproxy balancer;

    /**
     * Starts them.
     *
     * @param programs start scripts of builds, which the servers have in turn; the oldest first, so that it finds tables of
     *     its own version, and goes on when the next one migrates them
     * @param pause how long a server that is paused sleeps
     * @param balancer the configuration of HAProxy; null when clients connect to the servers themselves
     */
    ProcessPods(List<Path> programs, Path directory, int count, Duration pause, @Nullable Path balancer)
            throws IOException {
        this.programs = programs;
        this.directory = directory;
        this.pause = pause;
        embedded = EmbeddedDatabase.start(Files.createDirectories(directory.resolve("database")));
        EmbeddedDatabase.Address address = embedded.address();
        database = StorageConfig.of(address.url(), address.user(), address.password());
        addAccount();
        execute(GATE);
        for (int pod = 0; pod < count; pod++) {
            if (balancer != null) {
                places.add(Haproxy.Server.onFreePorts());
            }
            servers.add(start(pod));
        }
        this.balancer = balancer == null ? null : Haproxy.start(balancer, directory, places);
    }

    private void addAccount() throws IOException {
        Path accounts =
                Files.writeString(directory.resolve("accounts"), CheckRun.USER + ":" + TestServer.PASSWORD + "\n");
        var command = new ProcessBuilder(
                        programs.getFirst().toString(),
                        "account",
                        "add",
                        "--data",
                        directory.toString(),
                        "--from",
                        accounts.toString())
                .inheritIO();
        command.environment().putAll(settings("heddle-account"));
        int code = command.start().onExit().join().exitValue();
        if (code != 0) {
            throw new IOException("the account was not added: exit code " + code);
        }
    }

    @Override
    public boolean includeOlder() {
        return programs.size() > 1;
    }

    private ServerProcess start(int pod) throws IOException {
        Path data = Files.createDirectories(directory.resolve("pod" + (pod + 1)).resolve("data"));
        return ServerProcess.start(programs.get(pod % programs.size()), data, settings(pod));
    }

    private Map<String, String> settings(int pod) {
        Map<String, String> settings = settings(name(pod));
        if (!places.isEmpty()) {
            settings.putAll(places.get(pod).settings());
            settings.putAll(BEHIND_A_BALANCER);
        }
        return settings;
    }

    /** @param name under which the database knows the process */
    private Map<String, String> settings(String name) {
        var settings = new HashMap<>(ServerProcess.on(database));
        settings.put("HEDDLE_DATABASE_URL", database.url() + "?ApplicationName=" + name);
        return settings;
    }

    /** {@return under which name the database knows this pod} */
    private static String name(int pod) {
        return "heddle-" + (pod + 1);
    }

    @Override
    public int count() {
        return servers.size();
    }

    @Override
    public synchronized int port(int pod) {
        return balancer == null ? servers.get(pod).port() : balancer.port(Haproxy.IMAP);
    }

    @Override
    public StorageConfig database() {
        return database;
    }

    /** Lets it happen; when this returns, all servers run again, and the balancer knows it. */
    void disturb(Misfortune misfortune, Random random) throws Exception {
        int pod = random.nextInt(servers.size());
        System.out.println(misfortune + ", pod " + (pod + 1));
        switch (misfortune) {
            case KILL -> {
                servers.get(pod).kill();
                replace(pod, start(pod));
            }
            case KILL_BEFORE_ANNOUNCING -> {
                killBeforeAnnouncing(pod);
                replace(pod, start(pod));
            }
            case PAUSE -> {
                servers.get(pod).pause();
                Thread.sleep(pause);
                servers.get(pod).resume();
            }
            case CUT_CONNECTIONS -> execute("SELECT pg_terminate_backend(pid)" + OF_PODS);
            case RESTART_DATABASE ->
                DatabaseProcess.in(directory.resolve("database")).restart();
            case CRASH_DATABASE -> {
                long backend = number("SELECT min(pid)" + OF_PODS);
                ProcessHandle.of(backend).ifPresent(ProcessHandle::destroyForcibly);
            }
            case ROLL_OUT -> {
                for (int i = 0; i < count(); i++) {
                    rollOut((pod + i) % count());
                }
            }
        }
        awaitBalancer();
    }

    private void rollOut(int pod) throws IOException {
        int code = servers.get(pod).stop(TERMINATION);
        if (code != 0) {
            throw new Contradiction("pod " + (pod + 1) + " was told to stop, and ended with " + code);
        }
        replace(pod, start(pod));
        awaitBalancer();
    }

    private void awaitBalancer() {
        if (balancer != null) {
            balancer.awaitAllUp();
        }
    }

    /** What of its announcement has reached the database is taken back too. */
    private void killBeforeAnnouncing(int pod) throws SQLException {
        String waits = OF_PODS + " AND application_name = '" + name(pod) + "' AND wait_event = 'advisory'";
        try (Connection gate = connect();
                Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(hashtext('" + name(pod) + "'))");
            TestServer.await("the pod announces something", () -> number("SELECT count(*)" + waits) > 0);
            servers.get(pod).kill();
            execute("SELECT pg_terminate_backend(pid, " + PATIENCE.toMillis() + ")" + waits);
        }
    }

    private synchronized void replace(int pod, ServerProcess server) {
        servers.set(pod, server);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(database.url(), database.user(), database.password());
    }

    private void execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private long number(String select) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(select)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    @Override
    public void close() throws IOException {
        if (balancer != null) {
            balancer.close();
        }
        for (ServerProcess server : servers) {
            server.stop();
        }
        embedded.close();
    }
}
