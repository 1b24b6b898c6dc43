package heddle.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.config.ListenAddress;
import heddle.server.config.ServerConfig;
import heddle.server.connection.ConnectionHandler;
import heddle.server.connection.Listener;
import heddle.server.connection.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerTest {
    private static final Map<Listener.Kind, ConnectionHandler> HANDLERS =
            Map.of(Listener.Kind.IMAP, ServerTest::greet, Listener.Kind.LMTP, ServerTest::greet);

    @TempDir
    Path directory;

    @Test
    void servesAndSendsIdleClientsAwayWhenItStops() throws IOException {
        Server server = Server.start(config("127.0.0.1:0"), HANDLERS);
        assertThat(server.addresses()).containsOnlyKeys("imap", "http");
        ListenAddress imap = Objects.requireNonNull(server.addresses().get("imap"));
        try (var client = new Socket(InetAddress.getLoopbackAddress(), imap.port())) {
            assertThat(client.getInputStream().readNBytes(7)).isEqualTo("hello\r\n".getBytes(US_ASCII));
            server.close();
            assertThat(client.getInputStream().readAllBytes()).isEqualTo("bye\r\n".getBytes(US_ASCII));
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), imap.port()).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void startsWhollyOrNotAtAll() throws IOException {
        try (Server first = Server.start(config("127.0.0.1:0"), HANDLERS)) {
            ListenAddress taken = first.addresses().get("http");
            assertThatThrownBy(() -> Server.start(config(String.valueOf(taken)), HANDLERS))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(String.valueOf(taken));
        }
    }

    private ServerConfig config(String http) {
        return ServerConfig.load(
                null,
                Map.of(),
                Map.of(
                        "data", directory.toString(),
                        "listen.imap", "127.0.0.1:0",
                        "listen.imaps", "off",
                        "listen.lmtp", "off",
                        "listen.http", http));
    }

    private static void greet(Transport transport) throws IOException {
        transport.output().write("hello\r\n".getBytes(US_ASCII));
        transport.idle(true);
        assertThat(transport.input().read()).isEqualTo(-1);
        transport.output().write("bye\r\n".getBytes(US_ASCII));
    }
}
