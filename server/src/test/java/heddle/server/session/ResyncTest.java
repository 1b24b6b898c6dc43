package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that come back with a modseq of before the journal (RFC 7162 §3.2.5, DESIGN §4 rule 5), and with too much. */
@Timeout(60)
class ResyncTest {
    @TempDir
    Path directory;

    private TestServer server;
    private String validity = "";
    private long skippedUids;
    private long skippedModSeqs;

    /** UIDs 3, 6 and 9 of ten are left, and the journal has forgotten why. */
    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(directory, Map.of());
        server.freshAccount("ann");
        try (TestClient client = server.logIn("ann")) {
            for (int i = 1; i <= 10; i++) {
                client.command("APPEND INBOX () {2+}\r\n\r\n");
            }
            client.command("SELECT INBOX");
            client.command("UID STORE 1:2,4:5,7:8,10 +FLAGS.SILENT (\\Deleted)");
            client.command("CLOSE");
            validity = TestClient.number(client.ok("STATUS INBOX (UIDVALIDITY)"), "UIDVALIDITY");
        }
        // Said to one pod, seen by the other, on which the sessions are.
        server.storage().epochs().restored();
        int epochs = server.storage().epochs().current() - 1;
        skippedUids = epochs * 10_000L;
        skippedModSeqs = epochs * (1L << 32);
        server.storage()
                .mailboxes()
                .list(server.storage().accounts().find("ann").orElseThrow().id());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private List<String> select(String known) throws IOException {
        try (TestClient client = server.logIn("ann")) {
            client.command("ENABLE QRESYNC");
            return client.command("SELECT INBOX (QRESYNC (" + validity + " 5" + known + "))");
        }
    }

    @Test
    void tellsAllThatIsMissing() throws IOException {
        assertThat(select(""))
                .contains("* 3 EXISTS")
                .anyMatch(line -> line.startsWith("* OK [UIDNEXT " + (skippedUids + 11) + "]"));
        assertThat(select(" 1:10")).contains("* VANISHED (EARLIER) 1:2,4:5,7:8,10");
        assertThat(select(" 5:9")).contains("* VANISHED (EARLIER) 5,7:8");
        assertThat(select("")).contains("* VANISHED (EARLIER) 1:2,4:5,7:8,10:" + (skippedUids + 10));
    }

    /** What the client knows of flags may be what was lost: it hears of all, and of nothing that it does not know. */
    @Test
    void tellsAllFlags() throws IOException {
        assertThat(select(" 1:6"))
                .filteredOn(line -> line.contains("FETCH"))
                .containsExactly(
                        "* 1 FETCH (UID 3 FLAGS () MODSEQ (" + skippedModSeqs + "))",
                        "* 2 FETCH (UID 6 FLAGS () MODSEQ (" + skippedModSeqs + "))");
    }

    /** What the client shows that it knows need not be told (RFC 7162 §3.2.5.2). */
    @Test
    void goesByTheSampleOfTheClient() throws IOException {
        assertThat(select(" 1:10 (1,2 3,6)")).contains("* VANISHED (EARLIER) 7:8,10");
        assertThat(select(" 1:10 (1:3 3,6,8)")).contains("* VANISHED (EARLIER) 7:8,10");
        assertThat(select(" 1:10 (1:4294967295 1:4294967295)")).contains("* VANISHED (EARLIER) 1:2,4:5,7:8,10");
        assertThat(select(" 1:10 (3 9)")).contains("* VANISHED (EARLIER) 10");
    }

    @Test
    void answersUidFetchLikewise() throws IOException {
        try (TestClient client = server.logIn("ann")) {
            client.command("ENABLE QRESYNC");
            client.command("SELECT INBOX");
            assertThat(client.command("UID FETCH 1:9 (UID) (CHANGEDSINCE 8 VANISHED)"))
                    .contains(
                            "* VANISHED (EARLIER) 1:2,4:5,7:8",
                            "* 1 FETCH (UID 3 MODSEQ (" + skippedModSeqs + "))",
                            "* 3 FETCH (UID 9 MODSEQ (" + skippedModSeqs + "))");
        }
    }

    /** What fits in a line is no burden; a million ranges are dropped as they come. */
    @Test
    void boundsWhatIsKnown() throws IOException {
        var ranges = new StringBuilder("1");
        for (int i = 3; ranges.length() < 60_000; i += 2) {
            ranges.append(',').append(i);
        }
        assertThat(select(" " + ranges)).anyMatch(line -> line.startsWith("* VANISHED (EARLIER) 1,5,7,11,13,"));
        for (int i = 1; i <= 1_000_000; i++) {
            ranges.append(',').append(2 * i);
        }
        try (TestClient client = server.logIn("ann")) {
            client.command("ENABLE QRESYNC");
            client.send("a SELECT INBOX (QRESYNC (" + validity + " 5 " + ranges + "))\r\n");
            assertThat(client.response())
                    .hasValueSatisfying(no -> assertThat(no).startsWith("a NO [LIMIT]"));
            client.ok("NOOP");
        }
    }
}
