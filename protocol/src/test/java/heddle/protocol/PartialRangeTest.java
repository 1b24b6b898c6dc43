package heddle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartialRangeTest {
    private static final UidSet TEN = UidSet.range(11, 15).or(UidSet.range(21, 25));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "1 | 3 | 11:13",
                "3 | 1 | 11:13",
                "5 | 6 | 15,21",
                "9 | 4294967295 | 24:25",
                "10 | 10 | 25",
                "11 | 20 | none",
                "-1 | -3 | 23:25",
                "-3 | -1 | 23:25",
                "-10 | -10 | 11",
                "-9 | -4294967295 | 11:12",
                "-11 | -20 | none"
            })
    void givesThosePositionsThatAreThere(long from, long to, String expected) {
        UidSet part = new PartialRange(from, to).of(TEN);
        assertThat(part.isEmpty() ? null : part.toString()).isEqualTo(expected);
        assertThat(new PartialRange(from, to).of(UidSet.EMPTY)).isEqualTo(UidSet.EMPTY);
    }

    @Test
    void goesOneWay() {
        assertThatThrownBy(() -> new PartialRange(1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PartialRange(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
