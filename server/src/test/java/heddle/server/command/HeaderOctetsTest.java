package heddle.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderOctetsTest {
    @ParameterizedTest
    @CsvSource({
        "'Subject: x\r\n\r\né', false",
        "'Subject: x\n\né', false",
        "'\r\né', false",
        "'Subject: é\r\n\r\nx', true",
        "'Subject: x\r\n é', true",
        "'é', true",
        "'', false"
    })
    void findsWhatIsBeyondAsciiInTheHeader(String message, boolean expected) {
        byte[] octets = message.getBytes(StandardCharsets.UTF_8);
        var whole = new HeaderOctets();
        whole.see(octets, octets.length);
        var pieces = new HeaderOctets();
        for (byte octet : octets) {
            pieces.see(new byte[] {octet}, 1);
        }
        assertThat(whole.hasEightBit()).isEqualTo(expected);
        assertThat(pieces.hasEightBit()).isEqualTo(expected);
    }
}
