package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The mailbox of an IDLE is deleted by another session. */
@Timeout(120)
class DeletedMailboxTest {
    /** So many flags, so often changed, are more than the sockets between server and client hold. */
    private static final int MESSAGES = 5_000;

    private static final int AT_ONCE = 100;
    private static final int CHANGES = 60;

    @TempDir
    static Path directory;

    /**
     * The client does not read, so that the server is stuck in the middle of telling it of flags. Meanwhile its mailbox is
     * deleted, and it says DONE: both come to pass when it reads again, the first of them first.
     */
    @Test
    void nothingFollowsBye() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("write.timeout", "60s"))) {
            server.freshAccount("ann");
            try (TestClient other = server.logIn("ann");
                    TestClient idle = server.logIn("ann")) {
                other.ok("CREATE gone");
                for (int i = 0; i < MESSAGES; i += AT_ONCE) {
                    other.ok("APPEND gone" + " {2+}\r\nxx".repeat(AT_ONCE));
                }
                other.ok("SELECT gone");
                idle.ok("SELECT gone");
                String tag = idle.begin("IDLE");
                for (int i = 0; i < CHANGES; i++) {
                    other.ok("STORE 1:* " + (i % 2 == 0 ? "+" : "-") + "FLAGS.SILENT (\\Flagged)");
                }
                other.ok("UNSELECT");
                other.ok("DELETE gone");
                idle.send("DONE\r\n");
                String line = idle.response().orElseThrow();
                while (!line.startsWith(tag) && !line.startsWith("* BYE ")) {
                    line = idle.response().orElseThrow();
                }
                if (line.startsWith("* BYE ")) {
                    assertThat(idle.response()).isEmpty();
                } else { // DONE was first
                    assertThat(idle.command("NOOP")).singleElement().satisfies(bye -> assertThat(bye)
                            .startsWith("* BYE "));
                }
            }
        }
    }
}
