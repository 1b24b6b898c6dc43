package heddle.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code METRICS.md} tells what there is, and clients cannot make it more. */
@Timeout(120)
class MetricsTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\| (\\w+) \\|.*$");
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");

    private static final Pattern LABELLED = Pattern.compile("(?m)^(heddle_[a-z_]+)\\{(.*)}");
    private static final Pattern LABEL = Pattern.compile("\\b(?!le=)([a-z]+)=\"([^\"]*)\"");

    /** Labels whose values are names of listeners, commands and mechanisms. */
    private static final Set<String> NAMES = Set.of("listener", "command", "mechanism");

    /** The garbage collector decides whether there are any. */
    private static final Set<String> MAYBE = Set.of(
            "jvm_gc_concurrent_phase_time_seconds", "jvm_gc_pause_seconds", "jvm_threads_virtual_pinned_seconds");

    @TempDir
    Path directory;

    @Test
    void tellsWhatThereIs() throws IOException {
        try (TestServer server = TestServer.start(directory, Map.of("listen.lmtp", "127.0.0.1:0"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: counted\r\n\r\n");
                client.ok("SELECT INBOX");
                client.ok("STORE 1 +FLAGS (\\Deleted)");
                client.ok("EXPUNGE");
            }
            Map<String, String> shown = shown(server);
            Map<String, String> told = told();
            assertThat(told).containsAllEntriesOf(shown);
            told.keySet().removeAll(MAYBE);
            assertThat(shown.keySet()).containsAll(told.keySet());
            tellsEveryLabel(server);
        }
    }

    /** In the row of a metric stand the names of its labels, and their values unless those are names of other things. */
    private static void tellsEveryLabel(TestServer server) throws IOException {
        Map<String, String> rows = ROW.matcher(Files.readString(Path.of("METRICS.md")))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), MatchResult::group));
        LABELLED.matcher(server.get("/metrics").body()).results().forEach(series -> {
            String name = series.group(1);
            String row = rows.getOrDefault(
                    name, rows.getOrDefault(name.replaceFirst("_(bucket|count|sum|max)$", ""), "no row"));
            LABEL.matcher(series.group(2)).results().forEach(label -> {
                assertThat(row).as(name).contains("`" + label.group(1) + "`");
                if (!NAMES.contains(label.group(1))) {
                    assertThat(row).as(name).contains("`" + label.group(2) + "`");
                }
            });
        });
    }

    /** {@return name → type of what the page tells of} */
    private static Map<String, String> told() throws IOException {
        return ROW.matcher(Files.readString(Path.of("METRICS.md")))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
    }

    /** {@return name → type of what is shown, without the largest value of a histogram, which goes without saying} */
    private static Map<String, String> shown(TestServer server) {
        Map<String, String> shown = TYPE.matcher(server.get("/metrics").body())
                .results()
                .collect(Collectors.toMap(line -> line.group(1), line -> line.group(2)));
        shown.keySet().removeIf(name -> name.endsWith("_max") && isDistribution(shown, name.replaceFirst("_max$", "")));
        return shown;
    }

    private static boolean isDistribution(Map<String, String> shown, String name) {
        return List.of("histogram", "summary").contains(shown.getOrDefault(name, ""));
    }

    /** A line that is refused for its length, and then has no end, is one; and so is one that goes on behind a message. */
    @Test
    void countsALimitOnceAndAsWhatItIs() throws IOException {
        try (TestServer server = TestServer.start(directory, Map.of())) {
            server.freshAccount("ann");
            try (TestClient endless = server.connect();
                    TestClient client = server.logIn("ann")) {
                assertThat(endless.command("NOOP " + "x".repeat(80_000)).getLast())
                        .startsWith("* BYE [LIMIT]");
                assertThat(client.command("APPEND INBOX {2+}\r\nxx (" + "x".repeat(80_000) + ") {2+}\r\nxx")
                                .getLast())
                        .contains("NO [LIMIT]");
            }
            assertThat(server.get("/metrics").body())
                    .contains("heddle_limits_hit_total{limit=\"command\"} 2.0")
                    .contains("heddle_limits_hit_total{limit=\"size\"} 0.0");
        }
    }

    @Test
    void rubbishMakesNoSeries() throws IOException {
        try (TestServer server = TestServer.start(directory, Map.of("auth.failures.per-connection", "1000"))) {
            server.freshAccount("ann");
            throwRubbish(server, 0);
            Set<String> before = series(server);
            for (int seed = 1; seed <= 20; seed++) {
                throwRubbish(server, seed);
            }
            assertThat(series(server)).isEqualTo(before);
        }
    }

    /** Everything a client can name: commands, mechanisms, users, mailboxes, flags, search keys, capabilities. */
    private static void throwRubbish(TestServer server, int seed) throws IOException {
        String word = "Q" + Long.toString(new Random(seed).nextLong() >>> 1, 36).toUpperCase(Locale.ROOT);
        try (TestClient client = server.connect()) {
            client.command("NOOP");
            client.command(word);
            client.command("LOGIN " + word + " " + word);
            client.command("AUTHENTICATE " + word);
            client.command("AUTHENTICATE PLAIN AAAA");
            client.command("LOGIN ann " + TestServer.PASSWORD);
            client.command(word + " " + word);
            client.command("UID " + word);
            client.command("SELECT " + word);
            client.command("SELECT INBOX");
            client.command("ENABLE " + word);
            client.command("ID (\"name\" \"" + word + "\")");
            client.command("STORE 1 +FLAGS (" + word + ")");
            client.command("SEARCH KEYWORD " + word);
            client.command("FETCH 1 " + word);
            client.command("FETCH 1 BODY[HEADER.FIELDS (" + word + ")]");
            client.command("CREATE " + word);
            client.command("DELETE " + word);
            client.command("LOGOUT");
        }
    }

    /** {@return every time series of ours, without its value} */
    private static Set<String> series(TestServer server) {
        server.awaitNobody();
        return Pattern.compile("(?m)^heddle_\\S+(?:\\{.*})?")
                .matcher(server.get("/metrics").body())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
