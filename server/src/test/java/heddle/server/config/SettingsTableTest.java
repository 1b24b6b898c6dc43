package heddle.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of settings, made from the settings; {@code target/settings.md} holds it for copying. */
class SettingsTableTest {
    @Test
    void hasARowForEachSetting() throws IOException {
        String table = table();
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("settings.md"), table);
        assertThat(table.lines()).hasSize(2 + Settings.all().size()).allMatch(row -> row.matches("\\|.*\\|"));
        assertThat(table)
                .contains("| `write.timeout` | `60s` | 1s to 1h | How long 32 KiB of an answer may take to leave");
    }

    @Test
    void isInTheReadme() throws IOException {
        assertThat(Files.readString(Path.of("..", "README.md"))).contains(table());
    }

    static String table() {
        return "| setting | default | allowed | meaning |\n|---|---|---|---|\n"
                + Settings.all().stream().map(SettingsTableTest::row).collect(Collectors.joining());
    }

    private static String row(Setting<?> setting) {
        String fallback = setting.fallback().isEmpty() ? "" : "`" + setting.fallback() + "`";
        return "| `%s` | %s | %s | %s |\n".formatted(setting.name(), fallback, setting.allowed(), setting.meaning());
    }
}
