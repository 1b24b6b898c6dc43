package heddle.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConfigTest {
    @TempDir
    Path directory;

    @Test
    void needsNoConfigurationAtAll() {
        ServerConfig config = ServerConfig.load(null, Map.of(), Map.of());
        assertThat(config.dataDirectory()).isAbsolute().hasFileName("heddle");
        assertThat(config.database().url()).isNull();
        assertThat(config.listeners().imap()).isEqualTo(new ListenAddress("127.0.0.1", 1143));
        assertThat(config.authentication().plaintext()).isEqualTo(PlaintextPolicy.LOOPBACK);
        assertThat(config.timeouts().idle()).isEqualTo(Duration.ofMinutes(30));
        assertThat(config.limits().message()).isEqualTo(64 << 20);
        assertThat(config.spool().directory()).isEqualTo(config.dataDirectory().resolve("spool"));
        assertThat(config.mail().quota()).isNull();
    }

    @Test
    void takesFlagsBeforeEnvironmentBeforeFileBeforeDefaults() throws IOException {
        Path file = yaml("""
                listen:
                  imap: 127.0.0.1:1
                  imaps: 127.0.0.1:2
                  lmtp: off
                limits.message: 1MiB
                """);
        ServerConfig config = ServerConfig.load(
                file,
                Map.of("HEDDLE_LISTEN_IMAP", "127.0.0.1:10", "HEDDLE_LISTEN_IMAPS", "[::1]:20", "PATH", "/bin"),
                Map.of("listen.imap", "*:100"));
        assertThat(config.listeners().imap()).isEqualTo(new ListenAddress("*", 100));
        assertThat(config.listeners().imaps()).isEqualTo(new ListenAddress("::1", 20));
        assertThat(config.listeners().lmtp()).isNull();
        assertThat(config.listeners().http()).isEqualTo(new ListenAddress("127.0.0.1", 8080));
        assertThat(config.limits().message()).isEqualTo(1 << 20);
    }

    @Test
    void takesValuesLiterally() throws IOException {
        ServerConfig config =
                ServerConfig.load(yaml("database: {password: \"a${b}$c\"}"), Map.of(), Map.of("database.user", "x"));
        assertThat(config.database().password()).isEqualTo("a${b}$c");
        assertThat(config.toString()).doesNotContain("a${b}");
    }

    @Test
    void readsThePasswordFromTheFirstLineOfAFile() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "s3cret\nmore\n");
        ServerConfig config =
                ServerConfig.load(null, Map.of("HEDDLE_DATABASE_PASSWORD_FILE", secret.toString()), Map.of());
        assertThat(config.database().password()).isEqualTo("s3cret");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            idle.timeout                | 5m               | 30m to 7d
            idle.timeout                | 99999999999999d  | 30m to 7d
            limits.message              | 50MB             | 64KiB to 2047MiB
            limits.message              | -1               | 64KiB to 2047MiB
            listen.imap                 | 1143             | `off` or ADDRESS:PORT
            listen.imap                 | ::1:1143         | `off` or ADDRESS:PORT
            listen.imap                 | localhost:70000  | `off` or ADDRESS:PORT
            auth.plaintext              | maybe            | `never`, `loopback`, `always`
            auth.plaintext              | ALWAYS           | `never`, `loopback`, `always`
            imap.literal-minus          | yes              | `true` or `false`
            database.url                | mysql://x        | `embedded` or jdbc:postgresql:…
            database.url                | jdbc:postgresql://host?sslmode=verify-full | `embedded` or jdbc:postgresql:…
            database.url                | jdbc:postgresql://host:5432 | `embedded` or jdbc:postgresql:…
            lmtp.subaddress-separator   | ab               | `off` or one of + - = # . _
            connections.total           | many             | 1 to 10000000
            proxy.networks              | 10/8             | `off` or ADDRESS/BITS, with commas between them
            """)
    void refusesWithOneLineThatNamesKeyValueAndWhatIsAllowed(String name, String text, String allowed) {
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of(), Map.of(name, text)))
                .isInstanceOf(ConfigException.class)
                .hasMessage("%s: '%s' (command line) is not allowed; allowed: %s", name, text, allowed);
    }

    /** What Kubernetes kills before it has drained was not configured to be rolled out. */
    @Test
    void refusesAGraceThatIsShorterThanTheDrain() {
        var settings = Map.of("shutdown.delay", "10s", "shutdown.spread", "30s", "shutdown.grace", "39s");
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of(), settings))
                .hasMessage("shutdown.grace: '39s' is too short; allowed: at least shutdown.delay and shutdown.spread"
                        + " together, 40s");
    }

    @Test
    void refusesASpoolThatAMessageDoesNotFitInto() {
        var settings = Map.of("lmtp.message", "65MiB", "spool.total", "64MiB");
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of(), settings))
                .hasMessage("spool.total: '65536KiB' is too little; allowed: at least four times limits.message, and"
                        + " lmtp.message, 262144KiB");
    }

    @Test
    void showsNoPasswordThatIsPartOfAUrl() {
        var url = "jdbc:mysql://ann:secret@host/mail?password=secret&ssl=true";
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of(), Map.of("database.url", url)))
                .hasMessageContaining("'jdbc:mysql://…@host/mail?password=…&ssl=true'");
    }

    @Test
    void refusesWhatIsNotASetting() throws IOException {
        Path file = yaml("listen: {imapz: off}");
        assertThatThrownBy(() -> ServerConfig.load(file, Map.of(), Map.of()))
                .hasMessage("listen.imapz: no such setting (%s); the README lists all", file);
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of("HEDDLE_LISTEN_IMAPZ", "off"), Map.of()))
                .hasMessage("HEDDLE_LISTEN_IMAPZ: no such setting (environment); the README lists all");
    }

    @Test
    void isNotConfusedByTheServiceVariablesOfKubernetes() {
        var variables = Map.of(
                "HEDDLE_SERVICE_HOST", "10.0.0.1",
                "HEDDLE_SERVICE_PORT_IMAPS", "993",
                "HEDDLE_PORT", "tcp://10.0.0.1:993",
                "HEDDLE_HTTP_PORT_8080_TCP_ADDR", "10.0.0.2",
                "HEDDLE_JAVA_OPTIONS", "-Xmx1g",
                "HEDDLE_DATABASE_URL", "");
        assertThat(ServerConfig.load(null, variables, Map.of()).database().url())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            'listen: [1, 2'
            'just words'
            '- a list'
            """)
    void refusesAFileThatIsNotOne(String text) throws IOException {
        Path file = yaml(text);
        assertThatThrownBy(() -> ServerConfig.load(file, Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .message()
                .contains(file.toString())
                .doesNotContain("\n");
    }

    /** What the parser says has the line in it. */
    @ParameterizedTest
    @ValueSource(strings = {"password: secret: word", "password: *secret", "password: \"secret\\p\""})
    void showsNoPasswordOfAFileThatIsNotOne(String line) throws IOException {
        Path file = yaml("database:\n  " + line);
        assertThatThrownBy(() -> ServerConfig.load(file, Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .message()
                .contains(file + " is not YAML: line 2, column ")
                .doesNotContain("secret");
    }

    @Test
    void refusesAMissingFile() {
        assertThatThrownBy(() -> ServerConfig.load(directory.resolve("nowhere.yaml"), Map.of(), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("cannot read the configuration file");
    }

    @Test
    void refusesTwoPasswordsAndAKeyWithoutCertificate() {
        assertThatThrownBy(() -> ServerConfig.load(
                        null, Map.of(), Map.of("database.password", "a", "database.password-file", "b")))
                .hasMessageContaining("database.password-file");
        assertThatThrownBy(() -> ServerConfig.load(null, Map.of(), Map.of("tls.key", "key.pem")))
                .hasMessageContaining("tls.key");
    }

    private Path yaml(String text) throws IOException {
        return Files.writeString(directory.resolve("heddle.yaml"), text);
    }
}
