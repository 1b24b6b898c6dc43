package heddle.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimedSocketFactoryTest {
    @Test
    void closesWhatIsSilentForTooLong() throws IOException {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = connected(silent)) {
            socket.setSoTimeout(1000);
            assertThat(socket.getSoTimeout()).isEqualTo(1000);
            assertThatExceptionOfType(SocketException.class)
                    .isThrownBy(() -> socket.getInputStream().read())
                    .withMessage("the database was silent for too long");
            assertThat(socket.isClosed()).isTrue();
        }
    }

    /** As when the driver looks for what may have come unasked. */
    @Test
    void goesOnAfterAShortWait() throws IOException {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = connected(server);
                Socket peer = server.accept()) {
            socket.setSoTimeout(5);
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> socket.getInputStream().read());
            peer.getOutputStream().write('!');
            socket.setSoTimeout(30_000);
            assertThat(socket.getInputStream().read()).isEqualTo('!');
        }
    }

    @Test
    void isWhatTheDriverTakes() throws IOException {
        var properties = new Properties();
        properties.setProperty("socketFactory", TimedSocketFactory.class.getName());
        properties.setProperty("socketTimeout", "1");
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "jdbc:postgresql://127.0.0.1:" + silent.getLocalPort() + "/postgres";
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> DriverManager.getConnection(url, properties))
                    .withStackTraceContaining("the database was silent for too long");
        }
    }

    private static Socket connected(ServerSocket server) throws IOException {
        Socket socket = new TimedSocketFactory().createSocket();
        socket.connect(server.getLocalSocketAddress());
        return socket;
    }
}
