package heddle.server.transcript;

import heddle.server.TestServer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Plays every transcript, each with new accounts {@code ann} and {@code bob}, on one server for each set of settings. */
class TranscriptsTest {
    @TempDir
    static Path directory;

    private static final Map<Map<String, String>, TestServer> SERVERS = new HashMap<>();

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(TestServer::close);
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
        TestServer server = server(transcript.settings());
        server.freshAccount("ann");
        server.freshAccount("bob");
        try (var run = new TranscriptRun(transcript, server)) {
            run.play();
        }
    }

    private static TestServer server(Map<String, String> settings) throws IOException {
        TestServer running = SERVERS.get(settings);
        if (running == null) {
            Path own = Files.createDirectories(directory.resolve("server" + SERVERS.size()));
            running = TestServer.start(own, settings);
            SERVERS.put(settings, running);
        }
        return running;
    }
}
