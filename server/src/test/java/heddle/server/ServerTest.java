package heddle.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.config.ServerConfig;
import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("try") // closing is what is tested
class ServerTest {
    private final StorageConfig database = TestDatabase.create();

    @TempDir
    Path directory;

    @Test
    void servesAndSendsIdleClientsAwayWhenItStops() throws IOException {
        Server server = Server.start(config(Map.of("listen.imaps", "off")));
        assertThat(server.addresses()).containsOnlyKeys("imap", "http");
        int imap = server.addresses().get("imap").port();
        try (var client = new TestClient(imap)) {
            client.greeting();
            server.close();
            assertThat(client.response()).hasValue("* BYE the server is stopping");
            assertThat(client.response()).isEmpty();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), imap).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void sendsClientsAwayThatIdleByCommandWhenItStops() throws IOException {
        try (TestServer server = TestServer.start(directory, database, Map.of())) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.ok("SELECT INBOX");
                client.begin("IDLE");
                assertThat(client.response())
                        .hasValueSatisfying(go -> assertThat(go).startsWith("+ "));
                server.close();
                assertThat(client.response()).hasValue("* BYE the server is stopping");
                assertThat(client.response()).isEmpty();
            }
        }
    }

    @Test
    void startsWhollyOrNotAtAll() throws IOException {
        try (Server first = Server.start(config(Map.of()))) {
            String taken = String.valueOf(first.addresses().get("http"));
            assertThatThrownBy(() -> Server.start(config(Map.of("listen.http", taken))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(taken);
        }
    }

    private ServerConfig config(Map<String, String> settings) {
        return TestServer.config(directory, database, settings);
    }
}
