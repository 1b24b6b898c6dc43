package heddle.server.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.storage.AccountId;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, by two servers on one database (DESIGN §8). */
@Timeout(120)
class LogInTest {
    @TempDir
    static Path directory;

    private static TestServer one;
    private static TestServer other;

    @BeforeAll
    static void start() throws IOException {
        StorageConfig database = TestDatabase.create();
        Map<String, String> settings = Map.of("connections.per-user", "2");
        one = TestServer.start(Files.createDirectory(directory.resolve("one")), database, settings);
        other = TestServer.start(Files.createDirectory(directory.resolve("other")), database, settings);
        one.freshAccount("ann");
        one.freshAccount("bob");
    }

    @AfterAll
    static void stop() {
        one.close();
        other.close();
    }

    private static String answer(TestServer server, String user, String password) throws IOException {
        try (TestClient client = server.connect()) {
            return client.command("LOGIN " + user + " " + password).getLast();
        }
    }

    /** Also where the old password was checked a moment ago, and its hash need not be computed again. */
    @Test
    void aNewPasswordCountsAtOnceEverywhere() throws IOException {
        for (TestServer server : new TestServer[] {one, other, one, other}) {
            assertThat(answer(server, "bob", TestServer.PASSWORD)).startsWith("t1 OK ");
        }
        AccountId bob = one.storage().accounts().find("bob").orElseThrow().id();
        one.storage().accounts().setKeys(bob, Authenticator.newKeys("sesame"));
        for (TestServer server : new TestServer[] {one, other}) {
            assertThat(answer(server, "bob", TestServer.PASSWORD)).startsWith("t1 NO [AUTHENTICATIONFAILED] ");
            assertThat(answer(server, "bob", "sesame")).startsWith("t1 OK ");
        }
        one.storage().accounts().setDisabled(bob, true);
        assertThat(answer(other, "bob", "sesame")).startsWith("t1 NO [AUTHENTICATIONFAILED] ");
        one.storage().accounts().setDisabled(bob, false);
        assertThat(answer(other, "bob", "sesame")).startsWith("t1 OK ");
    }

    /** Whoever is asked for, a password is hashed once: time does not tell who has an account. */
    @Test
    void anUnknownUserCostsAsMuchAsAWrongPassword() throws IOException {
        try (TestServer server = TestServer.start(Files.createDirectory(directory.resolve("third")), Map.of())) {
            server.freshAccount("ann");
            assertThat(answer(server, "ann", "wrong")).startsWith("t1 NO [AUTHENTICATIONFAILED] ");
            assertThat(server.meter("heddle_passwords_hashed_total")).isEqualTo(1);
            assertThat(answer(server, "nobody", "wrong")).startsWith("t1 NO [AUTHENTICATIONFAILED] ");
            assertThat(server.meter("heddle_passwords_hashed_total")).isEqualTo(2);
            assertThat(answer(server, "ann", TestServer.PASSWORD)).startsWith("t1 OK ");
            assertThat(answer(server, "ann", TestServer.PASSWORD)).startsWith("t1 OK ");
            assertThat(server.meter("heddle_passwords_hashed_total")).isEqualTo(3);
        }
    }

    /** As after the end of another pod: all of a user's clients wait for the one hash that is computed. */
    @Test
    void aCrowdCostsOneHash() throws Exception {
        Path data = Files.createDirectory(directory.resolve("fourth"));
        try (TestServer server = TestServer.start(data, Map.of("cpu.threads", "1"))) {
            server.freshAccount("ann");
            var crowd = new ArrayList<TestClient>();
            for (int i = 0; i < 10; i++) {
                crowd.add(server.connect());
            }
            for (TestClient client : crowd) {
                client.send("a LOGIN ann " + TestServer.PASSWORD + "\r\n");
            }
            for (TestClient client : crowd) {
                assertThat(client.response())
                        .hasValueSatisfying(line -> assertThat(line).startsWith("a OK "));
                client.close();
            }
            assertThat(server.meter("heddle_passwords_hashed_total")).isEqualTo(1);
        }
    }

    @Test
    void aUserHasOnlySoManyConnections() throws IOException {
        try (TestClient first = one.logIn("ann");
                TestClient second = one.logIn("ann");
                TestClient third = one.connect()) {
            assertThat(third.command("LOGIN ann " + TestServer.PASSWORD).getLast())
                    .startsWith("t1 NO [LIMIT] ");
            first.ok("NOOP");
            second.ok("LOGOUT");
            TestServer.await("the second has left", () -> one.meter("heddle_connections_open") == 2);
            third.ok("LOGIN ann " + TestServer.PASSWORD);
        }
    }
}
