package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.Server;
import heddle.server.TestServer;
import heddle.server.config.ServerConfig;
import heddle.storage.StorageConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that has its database with it, as one has who configures nothing. */
@Timeout(180)
class EmbeddedServerTest {
    @TempDir
    private Path directory;

    /** One directory for all: to make it takes longer than everything that is done with it. */
    @Test
    @SuppressWarnings("try") // closing it twice is no harm
    void sharesItsDatabaseWithCommandsAndDiesWithIt() throws Exception {
        ServerConfig config = TestServer.config(
                directory, StorageConfig.of("unused", "unused", null), Map.of("database.url", "embedded"));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Server> starting = executor.submit(() -> Server.start(config));
            TestServer.await("the start has begun", () -> Files.exists(directory.resolve("lock")));
            assertThat(heddle("account", "list")).isEmpty();
            try (Server server = starting.get()) {
                Path password = Files.writeString(directory.resolve("password"), "sesame");
                assertThat(heddle("account", "add", "ann", "--password-file", password.toString()))
                        .isEqualTo("Added ann.");
                assertThat(heddle("account", "list")).isEqualTo("ann");
                assertThat(server.hasFailed()).isFalse();

                postmaster().destroyForcibly();
                server.awaitFailure();
                assertThat(server.hasFailed()).isTrue();
            }
        }
    }

    private ProcessHandle postmaster() throws Exception {
        Path file = directory.resolve("database").resolve("postmaster.pid");
        return ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(file).getFirst().strip()))
                .orElseThrow();
    }

    private String heddle(String command, String subcommand, String... arguments) {
        var said = new StringWriter();
        var writer = new PrintWriter(said, true);
        var all = new ArrayList<String>();
        all.add(command);
        all.add(subcommand);
        all.add("--data");
        all.add(directory.toString());
        all.addAll(List.of(arguments));
        HeddleCommand.run(writer, writer, all.toArray(String[]::new));
        return said.toString().strip();
    }
}
