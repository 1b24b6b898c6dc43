package heddle.storage;

import heddle.storage.sql.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;

/** Refuses a database that is too old, or that would lose what it has acknowledged. */
final class DatabaseCheck {
    static final int OLDEST_MAJOR = 15;

    /** With one of these off, a lost commit would hand the same modseq out twice (DESIGN §4 rule 4). */
    private static final List<String> ON = List.of("fsync", "full_page_writes", "synchronous_commit");

    private DatabaseCheck() {}

    /**
     * Asks the database what it is.
     *
     * @throws UnsuitableDatabaseException when it cannot be used
     * @throws StorageException {@code UNAVAILABLE} when it cannot be asked
     */
    static void check(Database database) {
        checkVersion(Integer.parseInt(setting(database, "server_version_num")));
        for (String setting : ON) {
            if (setting(database, setting).equals("off")) {
                throw new UnsuitableDatabaseException(
                        "it has " + setting + " = off and could lose acknowledged mail; allowed: on");
            }
        }
    }

    /** @param number as {@code server_version_num} has it: 150004 for 15.4, 90624 for 9.6.24 */
    static void checkVersion(int number) {
        int major = number / 10_000;
        if (major < OLDEST_MAJOR) {
            throw new UnsuitableDatabaseException(
                    "it is PostgreSQL " + major + "; allowed: PostgreSQL " + OLDEST_MAJOR + " or newer");
        }
    }

    private static String setting(Database database, String name) {
        return database.run(connection -> {
            try (PreparedStatement show = connection.prepareStatement("SELECT current_setting(?)")) {
                show.setString(1, name);
                try (ResultSet row = show.executeQuery()) {
                    row.next();
                    return row.getString(1);
                }
            }
        });
    }
}
