package heddle.server.connection;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.config.ServerConfig;
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
            assertThat(connections.enter(one)).isTrue();
            assertThat(connections.enter(one)).isTrue();
            assertThat(connections.enter(one)).isFalse();
            assertThat(connections.enter(other)).isTrue();
            connections.leave(one);
            assertThat(connections.enter(one)).isTrue();
            InetAddress here = InetAddress.getLoopbackAddress();
            for (int i = 0; i < 5; i++) {
                assertThat(connections.enter(here)).isTrue();
                assertThat(connections.admit()).isTrue();
            }
            assertThat(connections.admit()).isFalse();
            connections.dismiss();
            assertThat(connections.admit()).isTrue();
        }
    }
}
