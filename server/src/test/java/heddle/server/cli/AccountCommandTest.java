package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.storage.StorageConfig;
import heddle.storage.TestDatabase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands on a database that the configuration names. */
@Timeout(120)
class AccountCommandTest {
    @TempDir
    Path directory;

    private final StorageConfig database = TestDatabase.create();
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    @BeforeEach
    void configure() throws IOException {
        Files.writeString(
                directory.resolve("heddle.yaml"),
                "data: '%s'\ndatabase: {url: '%s', user: '%s', password: '%s'}\nquota.default: 1GiB\n"
                        .formatted(directory, database.url(), database.user(), database.password()));
    }

    @Test
    void looksAfterAccounts() throws IOException {
        Path password = Files.writeString(directory.resolve("password"), "sesame\nnot this line\n");
        assertThat(heddle("account", "add", "ann@example.org", "--password-file", password.toString()))
                .isEqualTo("Added ann@example.org.\n");
        assertThat(heddleFrom("secret\n", "account", "add", "ben")).isEqualTo("Added ben.\n");
        assertThat(fails("account", "add", "ben", "--password-file", password.toString()))
                .isEqualTo("heddle: there is already an account named ben\n");
        heddle("account", "disable", "ben");
        assertThat(heddle("account", "list")).isEqualTo("ann@example.org\nben\tdisabled\n");
        heddle("account", "enable", "ben");
        assertThat(heddle("account", "show", "ben"))
                .contains("state:     enabled\n", "quota:     1073741824 bytes\n", "mailboxes: 6\n");
        heddle("account", "quota", "ben", "off");
        assertThat(heddle("account", "show", "ben")).contains("quota:     none\n");
        heddleFrom("other\n", "account", "password", "ben");
        assertThat(fails("account", "delete", "ben")).contains("--yes");
        heddle("account", "delete", "--yes", "ben");
        assertThat(fails("account", "show", "ben")).isEqualTo("heddle: there is no account named ben\n");
    }

    @Test
    void addsManyAccountsOrNone() throws IOException {
        Path many = Files.writeString(directory.resolve("many"), "a:1\n\nb:2:3\nc:4\n");
        assertThat(heddle("account", "add", "--from", many.toString())).isEqualTo("Added 3 accounts.\n");
        assertThat(heddle("account", "list")).isEqualTo("a\nb\nc\n");
        Files.writeString(many, "d:1\na:2\n");
        assertThat(fails("account", "add", "--from", many.toString())).contains("named a");
        Files.writeString(many, "d:1\ne\n");
        assertThat(fails("account", "add", "--from", many.toString()))
                .isEqualTo("heddle: line 2 is not NAME:PASSWORD\n");
        assertThat(heddle("account", "list")).isEqualTo("a\nb\nc\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\tb", "a\u0000", "a\u00a0b", "a\u200bb", "a\ufffd"})
    void refusesNamesThatCannotBeTyped(String name) throws IOException {
        Path password = Files.writeString(directory.resolve("password"), "sesame\n");
        assertThat(fails("account", "add", name, "--password-file", password.toString()))
                .startsWith("heddle: the name of an account");
    }

    @Test
    void looksAfterMailboxes() throws IOException {
        heddleFrom("secret\n", "account", "add", "ann");
        heddle("mailbox", "create", "ann", "Bücher/Krimis", "--use", "FLAGGED");
        assertThat(heddle("mailbox", "list", "ann")).contains("0\t0\t0\tBücher\n", "0\t0\t0\tBücher/Krimis\n");
        assertThat(fails("mailbox", "create", "ann", "Bücher")).contains("already a mailbox");
        assertThat(fails("mailbox", "create", "ann", "a//b")).contains("no empty level");
        heddle("mailbox", "delete", "ann", "Bücher/Krimis");
        assertThat(heddle("mailbox", "list", "ann")).doesNotContain("Krimis");
        assertThat(fails("mailbox", "delete", "ann", "INBOX")).isEqualTo("heddle: INBOX cannot be deleted\n");
    }

    @Test
    void importsAndExports() throws IOException {
        heddleFrom("secret\n", "account", "add", "ann");
        Path mbox =
                Files.writeString(directory.resolve("mbox"), "From x Sat Jan  3 01:05:34 1996\nSubject: one\n\nbody\n");
        assertThat(heddle("import", "ann", mbox.toString(), "--mailbox", "Old")).isEqualTo("Imported 1 messages.\n");
        assertThat(heddle("export", "ann", directory.resolve("out").toString())).isEqualTo("Exported 1 messages.\n");
        assertThat(fails("import", "ann", "/nowhere")).isEqualTo("heddle: no such file: /nowhere\n");
        assertThat(fails("export", "nobody", "out")).contains("no account named nobody");
    }

    /** What servers bound, so that clients leave each other room, is no bound of what the operator brings. */
    @Test
    void importsMoreThanServersSpool() throws IOException {
        Path settings = directory.resolve("heddle.yaml");
        Files.writeString(
                settings,
                Files.readString(settings) + "spool.total: 256KiB\nlimits.message: 64KiB\nlmtp.message: 64KiB\n");
        heddleFrom("secret\n", "account", "add", "ann");
        String large = "From x Sat Jan  3 01:05:34 1996\nSubject: large\n\n" + "body\n".repeat(80_000) + "\n";
        Path mbox = Files.writeString(directory.resolve("mbox"), large);
        assertThat(heddle("import", "ann", mbox.toString())).isEqualTo("Imported 1 messages.\n");
    }

    @Test
    void saysInOneLineThatThereIsNoDatabase() throws IOException {
        Files.writeString(
                directory.resolve("heddle.yaml"),
                "database: {url: '%s-gone', user: '%s', pool.wait: 100ms}".formatted(database.url(), database.user()));
        assertThat(fails("account", "list")).startsWith("heddle: cannot store mail in ");
    }

    private String heddle(String... arguments) {
        assertThat(run(arguments)).as("%s", err).isEqualTo(ExitCode.OK);
        return out.toString();
    }

    private String heddleFrom(String input, String... arguments) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            return heddle(arguments);
        } finally {
            System.setIn(before);
        }
    }

    /** {@return the one line that says why} */
    private String fails(String... arguments) {
        assertThat(run(arguments)).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString().lines()).hasSize(1);
        return err.toString();
    }

    private int run(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--config", directory.resolve("heddle.yaml").toString()));
        return HeddleCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }
}
