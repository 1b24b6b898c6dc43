package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.DataDirectory;
import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.kill.DatabaseProcess;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An older copy of the database's files is put back under two servers that run (DESIGN §4 rule 5). */
@Timeout(180)
class RestoredUnderServersTest {
    private static final String RESTORED = "* BYE the mailbox was restored to an earlier state: select it again";

    @TempDir
    Path directory;

    private DatabaseProcess database;
    private int port;
    private Path config;
    private TestServer one;
    private TestServer other;

    @BeforeEach
    void start() throws Exception {
        Path home = directory.resolve("home");
        EmbeddedDatabase.Address address;
        try (EmbeddedDatabase made = EmbeddedDatabase.start(home)) {
            address = made.address();
            database = DatabaseProcess.in(home);
        }
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        database.start(port);
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
        config = Files.writeString(
                directory.resolve("heddle.yaml"),
                "database.url: %s\ndatabase.user: %s\ndatabase.password: %s\n"
                        .formatted(url, address.user(), address.password()));
        StorageConfig storage = StorageConfig.of(url, address.user(), address.password());
        Map<String, String> patience = Map.of("database.pool.wait", "1s", "database.timeout", "2s");
        one = TestServer.start(Files.createDirectory(directory.resolve("one")), storage, patience);
        other = TestServer.start(Files.createDirectory(directory.resolve("other")), storage, patience);
        one.freshAccount("ann");
    }

    @AfterEach
    void stop() throws Exception {
        one.close();
        other.close();
        database.kill();
    }

    @Test
    void clientsOfBeforeResynchroniseOnce() throws Exception {
        try (TestClient client = one.logIn("ann")) {
            client.append("INBOX" + " {2+}\r\nxx".repeat(2), "the third");
        }
        Path older = directory.resolve("older");
        exchange(() -> DataDirectory.copy(database.data(), older));

        try (TestClient writer = one.logIn("ann");
                TestClient watcher = other.logIn("ann")) {
            writer.ok("ENABLE QRESYNC");
            writer.ok("SELECT INBOX");
            watcher.ok("SELECT INBOX");
            writer.ok("STORE 1 +FLAGS (\\Flagged)");
            writer.append("INBOX", "lost");
            writer.ok("UID STORE 2 +FLAGS.SILENT (\\Deleted)");
            String known = TestClient.number(writer.ok("UID EXPUNGE 2"), "HIGHESTMODSEQ");
            String validity = TestClient.number(writer.ok("STATUS INBOX (UIDVALIDITY)"), "UIDVALIDITY");
            watcher.ok("NOOP");

            exchange(() -> {
                Files.move(database.data(), directory.resolve("lost"));
                Files.move(older, database.data());
            });
            assertThat(heddle("restored", "--config", config.toString())).startsWith("The database is in epoch ");

            assertThat(writer.command("NOOP")).containsExactly(RESTORED);
            assertThat(watcher.command("NOOP")).containsExactly(RESTORED);
            for (TestServer server : List.of(one, other)) {
                resynchronise(server, validity, known);
            }
        }
    }

    private static void resynchronise(TestServer server, String validity, String known) throws IOException {
        try (TestClient back = server.logIn("ann")) {
            back.ok("ENABLE QRESYNC");
            List<String> answers = back.ok("SELECT INBOX (QRESYNC (" + validity + " " + known + "))");
            assertThat(answers)
                    .contains("* 3 EXISTS")
                    .anyMatch(line -> line.startsWith("* VANISHED (EARLIER) 4"))
                    .anyMatch(line -> line.startsWith("* 1 FETCH (UID 1 FLAGS ("))
                    .anyMatch(line -> line.startsWith("* 2 FETCH (UID 2 FLAGS ("))
                    .anyMatch(line -> line.startsWith("* 3 FETCH (UID 3 FLAGS ("))
                    .as("what came after the copy is lost")
                    .noneMatch(line -> line.contains("FETCH") && line.contains("\\Flagged"));
            String now = TestClient.number(answers, "HIGHESTMODSEQ");
            assertThat(Long.parseLong(now)).isGreaterThan(Long.parseLong(known));
            assertThat(back.ok("SELECT INBOX (QRESYNC (" + validity + " " + now + "))"))
                    .as("it is in full once, and no more")
                    .noneMatch(line -> line.contains("VANISHED") || line.contains("FETCH"));
        }
    }

    /** Something that is done to the files. */
    @FunctionalInterface
    private interface Exchange {
        void run() throws IOException;
    }

    /** The servers run on meanwhile. */
    private void exchange(Exchange exchange) throws IOException, InterruptedException {
        database.stop();
        exchange.run();
        database.start(port);
        one.awaitReady();
        other.awaitReady();
    }

    private static String heddle(String... command) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = HeddleCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), command);
        assertThat(code).as("%s", err).isZero();
        return out.toString();
    }
}
