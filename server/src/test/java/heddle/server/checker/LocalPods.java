package heddle.server.checker;

import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Servers in this JVM, each with a way of its own to one database. */
final class LocalPods implements Pods, AutoCloseable {
    private final StorageConfig database;
    private final List<TestServer> servers = new ArrayList<>();

    private LocalPods(StorageConfig database) {
        this.database = database;
    }

    /** Starts servers that reach a new database directly. */
    static LocalPods start(Path directory, int count) throws IOException {
        return start(directory, TestDatabase.create(), count);
    }

    /** Starts servers that reach this database directly. */
    static LocalPods start(Path directory, StorageConfig database, int count) throws IOException {
        var pods = new LocalPods(database);
        for (int i = 0; i < count; i++) {
            pods.add(directory, database);
        }
        return pods;
    }

    /** Starts one more, which reaches the database as it is told. */
    void add(Path directory, StorageConfig way) throws IOException {
        TestServer server = TestServer.start(Files.createTempDirectory(directory, "pod"), way, Map.of());
        if (servers.isEmpty()) {
            server.freshAccount(CheckRun.USER);
        }
        servers.add(server);
    }

    @Override
    public int count() {
        return servers.size();
    }

    @Override
    public int port(int pod) {
        return servers.get(pod).port("imap");
    }

    @Override
    public StorageConfig database() {
        return database;
    }

    @Override
    public void close() {
        servers.forEach(TestServer::close);
    }
}
