package heddle.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void everyDefaultIsAllowed() {
        assertThat(Settings.all())
                .allSatisfy(setting -> assertThatCode(() -> setting.parse(setting.fallback(), "default"))
                        .doesNotThrowAnyException());
    }

    @Test
    void namesAreUniqueInTheFileAndInTheEnvironment() {
        assertThat(Settings.all()).extracting(Setting::name).doesNotHaveDuplicates();
        assertThat(Settings.all()).extracting(Setting::environmentName).doesNotHaveDuplicates();
        assertThat(Settings.all()).extracting(Setting::meaning).allMatch(meaning -> meaning.endsWith("."));
    }
}
