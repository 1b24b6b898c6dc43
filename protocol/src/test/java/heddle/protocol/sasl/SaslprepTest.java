package heddle.protocol.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SaslprepTest {
    @ParameterizedTest
    @CsvSource({
        "I\u00adX,IX", // RFC 4013 §3
        "user,user",
        "USER,USER",
        "\u00aa,a",
        "\u2168,IX",
        "a\u3000b,a b",
        "a\u200bb,ab",
        "u\u0308,\u00fc",
        "\u06271\u0628,\u06271\u0628",
        "\ud83d\ude00,\ud83d\ude00"
    })
    void makesEqualWhatLooksEqual(String text, String prepared) {
        assertThat(Saslprep.prepare(text)).isEqualTo(prepared);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\u0007", // RFC 4013 §3
                "\u06271", // RFC 4013 §3
                "\u0627a\u0628",
                "\ue000",
                "a\u200e",
                "a\u0085",
                "\ufffd",
                "a\ufffe",
                "a\ud800",
                "\udb40\udc41"
            })
    void refusesWhatNobodyCanType(String text) {
        assertThatThrownBy(() -> Saslprep.prepare(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
