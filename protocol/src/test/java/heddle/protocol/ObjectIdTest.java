package heddle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.ObjectId.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectIdTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4711, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void readsWhatItWrites(long number) {
        for (Kind kind : Kind.values()) {
            var id = new ObjectId(kind, number);
            assertThat(id.wire()).matches("[A-Z][a-z0-9]+");
            assertThat(ObjectId.parse(kind, id.wire())).contains(id);
        }
    }

    @Test
    void keepsTheKindsApart() {
        assertThat(ObjectId.parse(Kind.THREAD, new ObjectId(Kind.EMAIL, 7).wire()))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "m7", "M07", "M+7", "M-7", "M7G", "MFF", "M10000000000000000", "NIL"})
    void knowsNoOthers(String wire) {
        assertThat(ObjectId.parse(Kind.EMAIL, wire)).isEmpty();
    }
}
