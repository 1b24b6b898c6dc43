package heddle.storage;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which PostgreSQL can be used; {@link DurabilityTest} has how it must be set. */
class DatabaseCheckTest {
    @ParameterizedTest
    @CsvSource({"90624, 9", "140022, 14", "149999, 14"})
    void refusesWhatIsTooOld(int number, String major) {
        assertThatThrownBy(() -> DatabaseCheck.checkVersion(number))
                .isInstanceOf(UnsuitableDatabaseException.class)
                .hasMessage("it is PostgreSQL " + major + "; allowed: PostgreSQL 15 or newer");
    }

    @ParameterizedTest
    @ValueSource(ints = {150000, 150013, 170006, 180001, 190000})
    void takesWhatIsNot(int number) {
        assertThatCode(() -> DatabaseCheck.checkVersion(number)).doesNotThrowAnyException();
    }
}
