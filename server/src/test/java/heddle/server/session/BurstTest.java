package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.kill.ServerProcess;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one server commits at once, an idle client of another one is told in one write. */
@Timeout(120)
class BurstTest {
    private static final int MESSAGES = 30;

    @TempDir
    Path directory;

    private TestServer one;
    private ServerProcess other;

    @BeforeEach
    void start() throws IOException {
        StorageConfig database = TestDatabase.create();
        one = TestServer.start(Files.createDirectory(directory.resolve("one")), database, Map.of());
        one.freshAccount("ann");
        Path data = Files.createDirectory(directory.resolve("other"));
        other = ServerProcess.start(ServerProcess.script(directory), data, ServerProcess.on(database));
    }

    @AfterEach
    void stop() throws IOException {
        other.stop();
        one.close();
    }

    /** It stands still meanwhile, so that all of it is there before it looks; in what is compressed, a write can be seen. */
    @Test
    void isToldInOneWrite() throws Exception {
        try (TestClient writer = one.logIn("ann");
                TestClient idle = new TestClient(other.port())) {
            for (int i = 0; i < MESSAGES; i++) {
                writer.append("INBOX", "Subject: kept\r\n\r\n");
            }
            writer.ok("SELECT INBOX");
            idle.greeting();
            idle.ok("LOGIN ann " + TestServer.PASSWORD);
            idle.ok("COMPRESS DEFLATE");
            idle.startCompression();
            idle.ok("SELECT INBOX");
            String tag = idle.begin("IDLE");
            idle.response();
            int before = idle.flushes();

            other.pause();
            writer.ok("STORE 1:* +FLAGS (\\Seen)");
            for (int i = 1; i <= MESSAGES; i++) {
                writer.ok("STORE " + i + " +FLAGS (\\Flagged k" + i + ")");
            }
            writer.ok("STORE 1:10 +FLAGS (\\Deleted)");
            writer.ok("EXPUNGE");
            writer.append("INBOX", "Subject: new\r\n\r\n");
            other.resume();

            List<String> told = new ArrayList<>();
            while (told.stream().noneMatch(line -> line.endsWith(" EXISTS"))) {
                told.add(idle.response().orElseThrow());
            }
            idle.send("DONE\r\n");
            told.addAll(idle.answers(tag));
            assertThat(told)
                    .contains("* " + (MESSAGES - 10 + 1) + " EXISTS")
                    .filteredOn(line -> line.contains(" EXPUNGE"))
                    .hasSize(10);
            assertThat(told).filteredOn(line -> line.contains(" FETCH ")).hasSize(MESSAGES - 10);
            assertThat(idle.flushes() - before)
                    .as("writes, that of the OK included")
                    .isEqualTo(2);
        }
    }
}
