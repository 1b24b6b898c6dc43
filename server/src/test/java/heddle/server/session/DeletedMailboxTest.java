package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The mailbox of an IDLE is deleted by another session. */
@Timeout(120)
class DeletedMailboxTest {
    private static final int TIMES = 60;

    @TempDir
    static Path directory;

    /** The push that says so meets the client's DONE, each time a little earlier. */
    @Test
    void nothingFollowsBye() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of())) {
            server.freshAccount("ann");
            try (TestClient other = server.logIn("ann")) {
                for (int i = 0; i < TIMES; i++) {
                    other.ok("CREATE gone");
                    try (TestClient idle = server.logIn("ann")) {
                        idle.ok("SELECT gone");
                        idle.begin("IDLE");
                        idle.response();
                        other.ok("DELETE gone");
                        spin(Duration.ofMillis(3).multipliedBy(TIMES - i).dividedBy(TIMES));
                        idle.send("DONE\r\n");
                        Optional<String> first = idle.response();
                        if (first.orElse("").startsWith("* BYE")) {
                            assertThat(idle.response()).isEmpty();
                        } else {
                            assertThat(first)
                                    .hasValueSatisfying(line -> assertThat(line).contains(" OK "));
                            assertThat(idle.command("NOOP")).allMatch(line -> line.startsWith("* BYE"));
                        }
                    }
                }
            }
        }
    }

    private static void spin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
