package heddle.server.transcript;

import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays every transcript, each with new accounts {@code ann} and {@code bob}, on two servers or more of one database, of
 * their own for each set of settings: where a client is connected makes no difference.
 */
class TranscriptsTest {
    @TempDir
    static Path directory;

    private static final Map<Map<String, String>, List<TestServer>> SERVERS = new HashMap<>();

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(pods -> pods.forEach(TestServer::close));
    }

    @TestFactory
    Stream<DynamicTest> transcripts() throws IOException {
        return files().stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file)));
    }

    /** {@return all transcripts, by name} */
    static List<Path> files() throws IOException {
        try (var files = Files.list(Path.of(Objects.requireNonNull(TranscriptsTest.class.getResource("/transcripts"))
                .toURI()))) {
            return files.filter(file -> file.toString().endsWith(".imap"))
                    .sorted()
                    .toList();
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void play(Path file) throws IOException {
        Transcript transcript = Transcript.read(file);
        List<TestServer> pods = pods(transcript.settings(), Math.max(2, transcript.pods()));
        pods.getFirst().freshAccount("ann");
        pods.getFirst().freshAccount("bob");
        try (var run = new TranscriptRun(transcript, pods)) {
            run.play();
        }
    }

    /** {@return at least so many servers with these settings, on one database} */
    private static List<TestServer> pods(Map<String, String> settings, int count) throws IOException {
        List<TestServer> running = SERVERS.computeIfAbsent(settings, _ -> new ArrayList<>());
        while (running.size() < count) {
            Path own = Files.createTempDirectory(directory, "server");
            StorageConfig database = running.isEmpty()
                    ? TestDatabase.create()
                    : running.getFirst().database();
            running.add(TestServer.start(own, database, settings));
        }
        return running;
    }
}
