package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What operators see of servers and their sessions. */
@Timeout(120)
class SessionsCommandTest {
    @TempDir
    Path directory;

    private final StorageConfig database = TestDatabase.create();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void listsAndEndsSessions() throws IOException {
        Files.writeString(
                directory.resolve("heddle.yaml"),
                "data: '%s'\ndatabase: {url: '%s', user: '%s', password: '%s'}\n"
                        .formatted(directory, database.url(), database.user(), database.password()));
        try (TestServer server = TestServer.start(directory, database, Map.of("pod.name", "mail-0"))) {
            server.freshAccount("ann");
            server.freshAccount("ben");
            try (TestClient ann = server.logIn("ann");
                    TestClient ben = server.logIn("ben");
                    TestClient _ = server.connect()) {
                TestServer.await(
                        "all are listed",
                        () -> run("sessions").lines().count() == 3
                                && run("sessions", "--user", "ann").lines().count() == 1
                                && run("sessions", "--user", "ben").lines().count() == 1);
                String listed = run("sessions", "--user", "ann").strip();
                assertThat(listed).matches("[0-9a-f]+-1\tann\t127.0.0.1\timap\t20[0-9-]+T[0-9:]+Z\tmail-0");
                assertThat(run("sessions")).contains("\t-\t127.0.0.1\timap\t");
                assertThat(run("pods")).matches("mail-0\t[^\t]+\t[0-9]+\t20[0-9-]+T[0-9:]+Z\t[0-2]\tserving\n");

                String id = listed.substring(0, listed.indexOf('\t'));
                assertThat(run("sessions", "end", id, "--reason", "lunch")).isEqualTo("1 session ends.\n");
                assertThat(ann.response()).contains("* BYE lunch");
                assertThat(run("sessions", "end", "--user", "ben")).isEqualTo("1 session ends.\n");
                assertThat(ben.response()).contains("* BYE an operator has ended this session");
                TestServer.await("they are gone", () -> run("sessions").lines().count() == 1);

                assertThat(fails("sessions", "end", id)).isEqualTo("heddle: there is no session " + id + "\n");
                assertThat(fails("sessions", "end", "ann")).isEqualTo("heddle: 'ann' is no id of a session\n");
                assertThat(fails("sessions", "--user", "carl")).isEqualTo("heddle: there is no account named carl\n");
                assertThat(fails("sessions", "end", "--user", "ben", "--reason", "a\nb"))
                        .isEqualTo("heddle: a reason is 1 to 200 printable characters of US-ASCII\n");
            }
        }
        assertThat(run("pods")).isEmpty();
    }

    private int execute(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", directory.resolve("heddle.yaml").toString()));
        return HeddleCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }

    private String run(String... arguments) {
        assertThat(execute(arguments)).as(err.toString()).isEqualTo(ExitCode.OK);
        return out.toString();
    }

    private String fails(String... arguments) {
        assertThat(execute(arguments)).isEqualTo(ExitCode.FAILED);
        return err.toString();
    }
}
