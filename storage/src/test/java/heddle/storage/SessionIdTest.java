package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdTest {
    @Test
    void readsWhatItWrites() {
        var id = new SessionId(0x5c0ffee1234L, 17);
        assertThat(id).hasToString("5c0ffee1234-17");
        assertThat(SessionId.parse("5c0ffee1234-17")).contains(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", "5c0ffee", "5c0ffee-", "-17", "5C0FFEE-17", "g-1", "1-f", "1-2-3", "fffffffffffffffff-1"
            })
    void refusesWhatNamesNone(String text) {
        assertThat(SessionId.parse(text)).isEmpty();
    }
}
