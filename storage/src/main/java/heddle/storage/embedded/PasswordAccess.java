package heddle.storage.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import javax.sql.DataSource;

/**
 * Who may use the embedded database: whoever knows a random password, which a file of the data directory holds that only
 * its owner may read. A data directory from before there was a password gets one.
 */
final class PasswordAccess {
    private static final int OCTETS = 32;

    private static final String RULES = """
            # Written by Heddle: who may use this database has the password.
            host all         all 127.0.0.1/32 scram-sha-256
            host replication all 127.0.0.1/32 scram-sha-256
            """;

    /** For as long as it takes to set a password. */
    private static final String NO_PASSWORD = "host all all 127.0.0.1/32 trust\n";

    private final Path file;
    private final Path rules;
    private final String password;

    private PasswordAccess(Path file, Path rules, String password) {
        this.file = file;
        this.rules = rules;
        this.password = password;
    }

    /**
     * Makes sure that there is a password; called before the database is started.
     *
     * @param data where the database is, or will be
     */
    static PasswordAccess prepare(Path directory, Path data) throws IOException {
        Path file = file(directory);
        Path rules = data.resolve("pg_hba.conf");
        if (!Files.exists(file)) {
            var random = new byte[OCTETS];
            new SecureRandom().nextBytes(random);
            if (Files.exists(rules)) {
                replace(rules, NO_PASSWORD); // the database has none, or one that is lost
            }
            replace(file, HexFormat.of().formatHex(random) + "\n");
        }
        return new PasswordAccess(file, rules, read(directory));
    }

    private static Path file(Path directory) {
        return directory.resolve("database-password");
    }

    /** {@return the password of the database in this data directory} */
    static String read(Path directory) throws IOException {
        return Files.readString(file(directory)).strip();
    }

    private static void replace(Path file, String text) throws IOException {
        Path next = Files.createTempFile(
                file.getParent(),
                file.getFileName().toString(),
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    Path file() {
        return file;
    }

    String password() {
        return password;
    }

    /** Sees to it that the database, which runs, wants the password from now on. */
    void require(DataSource database) throws IOException {
        if (Files.readString(rules).lines().noneMatch(rule -> rule.endsWith("trust") && !rule.startsWith("#"))) {
            return;
        }
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER ROLE postgres PASSWORD '" + password + "'");
            replace(rules, RULES);
            statement.execute("SELECT pg_reload_conf()");
        } catch (SQLException failed) {
            throw new IOException("the embedded database takes no password: " + failed.getMessage(), failed);
        }
    }
}
