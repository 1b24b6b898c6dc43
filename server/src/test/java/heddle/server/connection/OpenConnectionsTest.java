package heddle.server.connection;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.config.ServerConfig;
import heddle.server.metrics.Limit;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Addresses other than loopback, from which no test connects. */
class OpenConnectionsTest {
    @Test
    void boundsTheConnectionsFromOneAddress() throws Exception {
        InetAddress one = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1});
        InetAddress other = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 2});
        try (var connections = new OpenConnections(new ServerConfig.Connections(5, 2, 100), Duration.ofMinutes(1))) {
            assertThat(connections.admit(one)).isEmpty();
            assertThat(connections.admit(one)).isEmpty();
            assertThat(connections.admit(one)).hasValue(Limit.CONNECTIONS_PER_ADDRESS);
            assertThat(connections.admit(other)).isEmpty();
            connections.dismiss(one);
            assertThat(connections.admit(one)).isEmpty();
            InetAddress here = InetAddress.getLoopbackAddress();
            assertThat(connections.admit(here)).isEmpty();
            assertThat(connections.admit(here)).isEmpty();
            assertThat(connections.admit(here)).hasValue(Limit.CONNECTIONS_TOTAL);
        }
    }
}
