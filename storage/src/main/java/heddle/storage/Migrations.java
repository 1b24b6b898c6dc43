package heddle.storage;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.jspecify.annotations.Nullable;

/**
 * Brings the tables up to date (DESIGN §4 rule 14): one pod does it while the others wait. Pods of the version before go on
 * meanwhile and afterwards, so a migration takes nothing away that these still use.
 */
final class Migrations {
    /**
     * It gives up soon what it cannot lock, and a pod that is gone keeps nothing locked: the database finds out within two
     * minutes, in the middle of a statement too. Transactions may be idle, because in one of them Flyway waits for the
     * migration that it runs in another.
     */
    private static final String OPTIONS = "-c lock_timeout=5s -c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10"
            + " -c tcp_keepalives_count=6 -c tcp_user_timeout=2min -c client_connection_check_interval=5s";

    /** How often a migration that stood in the way of work on mail is tried again, after a pause in which that goes on. */
    private static final int TRIES = 20;

    private static final Set<String> GAVE_WAY = Set.of("55P03", "40P01");

    private static final Duration PAUSE = Duration.ofSeconds(2);

    private Migrations() {}

    /**
     * Migrates, on connections of its own: it may take longer than any work on mail, but not keep others waiting, so that it
     * gives up soon what it cannot lock, and tries again.
     *
     * @return the newest version of the tables that this program knows
     * @throws StorageException {@code CANNOT}, with words for the operator, when it fails, or when the tables are two
     *     versions newer, or more: then what this program uses may be gone
     */
    static int migrate(StorageConfig config) {
        try {
            Flyway flyway = flyway(config);
            migratePatiently(flyway);
            MigrationInfoService migrations = flyway.info();
            int known = newest(migrations, migration -> migration.getState().isResolved());
            int found = newest(migrations, migration -> migration.getState().isApplied());
            if (found > known + 1) {
                throw cannot("they are of version " + found + ", and this program knows none after " + known, null);
            }
            return known;
        } catch (FlywayException failed) {
            throw cannot(String.valueOf(failed.getMessage()), failed);
        }
    }

    static Flyway flyway(StorageConfig config) {
        return Flyway.configure(Storage.class.getClassLoader())
                .dataSource(config.url(), config.user(), config.password())
                .jdbcProperties(Map.of("options", OPTIONS))
                .locations("classpath:heddle/storage")
                .sqlMigrationPrefix("V")
                .ignoreMigrationPatterns("*:future")
                .lockRetryCount(-1)
                .load();
    }

    private static void migratePatiently(Flyway flyway) {
        for (int attempt = 1; ; attempt++) {
            try {
                flyway.migrate();
                return;
            } catch (FlywayException failed) {
                if (attempt == TRIES || !isInTheWay(failed)) {
                    throw failed;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    /** Whether it gave way to work on mail: by its lock_timeout, or to end a deadlock. */
    private static boolean isInTheWay(Throwable failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refused && GAVE_WAY.contains(String.valueOf(refused.getSQLState()))) {
                return true;
            }
        }
        return false;
    }

    private static int newest(MigrationInfoService migrations, Predicate<MigrationInfo> which) {
        return Arrays.stream(migrations.all())
                .filter(which)
                .mapToInt(migration -> migration.getVersion().getMajor().intValueExact())
                .max()
                .orElse(0);
    }

    private static StorageException cannot(String reason, @Nullable Throwable cause) {
        return new StorageException(
                StorageException.Reason.CANNOT, "the tables cannot be brought up to date: " + reason, cause);
    }
}
