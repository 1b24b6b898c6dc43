package heddle.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpNetworkTest {
    private static boolean contains(String network, String address) {
        return IpNetwork.parse(network).contains(InetAddress.ofLiteral(address));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, 11.0.0.0",
        "10.1.2.3/8, 10.255.1.2, 9.255.255.255",
        "192.0.2.0/25, 192.0.2.127, 192.0.2.128",
        "192.0.2.1, 192.0.2.1, 192.0.2.2",
        "2001:db8::/33, 2001:db8:7fff::1, 2001:db8:8000::1",
        "0.0.0.0/0, 255.255.255.255, ::1"
    })
    void containsWhatBeginsWithItsBits(String network, String inside, String outside) {
        assertThat(contains(network, inside)).isTrue();
        assertThat(contains(network, outside)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "example.org/8", "::1/129", "/8"})
    void isWrittenAsAddressAndBits(String text) {
        assertThatThrownBy(() -> IpNetwork.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void isShownAsItIsWritten() {
        assertThat(IpNetwork.parse("10.0.0.0/8")).hasToString("10.0.0.0/8");
    }
}
