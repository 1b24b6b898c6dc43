package heddle.server.checker;

import heddle.protocol.sasl.ScramSha256Keys;
import heddle.server.TestServer;
import heddle.server.kill.ServerProcess;
import heddle.storage.NewAccount;
import heddle.storage.Storage;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Servers in processes of their own, on one embedded database, to which bad things can happen. */
final class ProcessPods implements Pods, AutoCloseable {
    private final Path script;
    private final Path directory;
    private final Duration pause;
    private final EmbeddedDatabase embedded;
    private final StorageConfig database;
    private final List<ServerProcess> servers = new ArrayList<>();

    /**
     * Starts them.
     *
     * @param pause how long a server that is paused sleeps
     */
    ProcessPods(Path script, Path directory, int count, Duration pause) throws IOException {
        this.script = script;
        this.directory = directory;
        this.pause = pause;
        embedded = EmbeddedDatabase.start(Files.createDirectories(directory.resolve("database")));
        EmbeddedDatabase.Address address = embedded.address();
        database = StorageConfig.of(address.url(), address.user(), address.password());
        addAccount();
        for (int pod = 0; pod < count; pod++) {
            servers.add(start(pod));
        }
    }

    private void addAccount() {
        var keys = ScramSha256Keys.derive(TestServer.PASSWORD, new byte[16], 4096);
        try (var storage = new Storage(database, new SimpleMeterRegistry())) {
            storage.accounts().create(List.of(new NewAccount(CheckRun.USER, keys)));
        }
    }

    private ServerProcess start(int pod) throws IOException {
        Path data = Files.createDirectories(directory.resolve("pod" + (pod + 1)).resolve("data"));
        return ServerProcess.start(
                script,
                data,
                Map.of(
                        "HEDDLE_DATABASE_URL", database.url(),
                        "HEDDLE_DATABASE_USER", database.user(),
                        "HEDDLE_DATABASE_PASSWORD", Objects.requireNonNullElse(database.password(), "")));
    }

    @Override
    public int count() {
        return servers.size();
    }

    @Override
    public synchronized int port(int pod) {
        return servers.get(pod).port();
    }

    @Override
    public StorageConfig database() {
        return database;
    }

    /** One of the bad things; when this returns, all servers run again. */
    void disturb(Random random) throws Exception {
        int pod = random.nextInt(servers.size());
        switch (random.nextInt(4)) {
            case 0 -> {
                System.out.println("kill -9 of pod " + (pod + 1));
                servers.get(pod).kill();
                replace(pod, start(pod));
            }
            case 1 -> {
                System.out.println("pod " + (pod + 1) + " is paused for " + pause);
                servers.get(pod).pause();
                Thread.sleep(pause);
                servers.get(pod).resume();
            }
            case 2 -> {
                System.out.println("all database connections are cut");
                backends("SELECT pg_terminate_backend(pid)::text");
            }
            default -> {
                System.out.println("PostgreSQL crashes and recovers");
                long backend = Long.parseLong(backends("SELECT pid").getFirst());
                ProcessHandle.of(backend).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private synchronized void replace(int pod, ServerProcess server) {
        servers.set(pod, server);
    }

    private List<String> backends(String select) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database.url(), database.user(), database.password());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        select + " FROM pg_stat_activity WHERE application_name LIKE 'heddle%'")) {
            var rows = new ArrayList<String>();
            while (row.next()) {
                rows.add(row.getString(1));
            }
            return rows;
        }
    }

    @Override
    public void close() throws IOException {
        for (ServerProcess server : servers) {
            server.stop();
        }
        embedded.close();
    }
}
