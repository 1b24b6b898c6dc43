package heddle.server.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code MUSTS.md} says is shown by something is shown by something that there is. */
class MustsTest {
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    @Test
    void everythingItNamesIsThere() throws IOException, URISyntaxException {
        Path musts = Path.of(Objects.requireNonNull(MustsTest.class.getResource("/transcripts/MUSTS.md"))
                .toURI());
        Set<String> transcripts = TranscriptsTest.files().stream()
                .map(file -> file.getFileName().toString().replace(".imap", ""))
                .collect(Collectors.toSet());
        try (Stream<String> lines = Files.lines(musts)) {
            assertThat(lines.filter(line -> line.startsWith("|"))
                            .flatMap(line -> NAME.matcher(lastColumn(line)).results())
                            .map(match -> match.group(1)))
                    .hasSizeGreaterThan(50)
                    .allMatch(name -> transcripts.contains(name) || isTest(name));
        }
    }

    private static String lastColumn(String row) {
        return row.substring(row.lastIndexOf('|', row.length() - 2));
    }

    /** The sources of all modules lie beside each other. */
    private static boolean isTest(String name) {
        for (String module : List.of("server", "protocol")) {
            try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "test", "java"))) {
                if (sources.anyMatch(file -> file.endsWith(name + ".java"))) {
                    return true;
                }
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        return false;
    }
}
