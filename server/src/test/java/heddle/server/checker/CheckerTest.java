package heddle.server.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import heddle.server.DataDirectory;
import heddle.server.kill.DatabaseProcess;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checker finds nothing in pods that are right, and in pods that are broken, each in another way, what follows from that. */
@Timeout(300)
class CheckerTest {
    private static final int CLIENTS = 8;
    private static final long SEED = 1;
    private static final Duration LONG = Duration.ofMinutes(2);

    /** What says that a server does not work, not that it has said what cannot be true. */
    private static final List<String> NO_ANSWERS = List.of(
            "the checker is broken",
            "got no answer",
            "are not available",
            "must not be answered so",
            "a fresh session got",
            "is missing in");

    /** A server that ends a session because the mailbox cannot be what its client takes it for has seen the mistake, too. */
    private static final String SEEN_BY_SERVER = "BYE the mailbox was restored to an earlier state";

    /** What a server says when the database refuses to store what it has stored already, before it went back. */
    private static final String STUMBLES = "this must not be answered so: NO [SERVERBUG]";

    @TempDir
    Path directory;

    /** One of the pods keeps its snapshots, the other one has no room for any. */
    @Test
    void findsNothing() throws Exception {
        try (LocalPods pods = LocalPods.start(directory, 1)) {
            pods.add(directory, way(pods.database().url(), pods.database(), 0));
            String checked = new CheckRun(pods, CLIENTS, SEED, null).run(Duration.ofSeconds(10));
            assertThat(checked).endsWith(" checkpoints");
        } catch (Contradiction found) {
            throw new AssertionError(found.report(), found);
        }
    }

    /** Triggers do to the tables what a server with a mistake in it would do. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            a lost journal row                | change  | AFTER INSERT  | NEW.kind = 1                | DELETE FROM change WHERE (account_id, mailbox_id, modseq) = (NEW.account_id, NEW.mailbox_id, NEW.modseq) | .
            a counter that is off by one      | mailbox | BEFORE UPDATE | NEW.unseen > 0              | NEW.unseen := NEW.unseen - 1 | a mailbox counts its rows
            a row older than the journal      | message | BEFORE UPDATE | NEW.keywords IS NOT NULL    | NEW.keywords := OLD.keywords | .
            a message that can be moved again | message | BEFORE UPDATE | NEW.expunged_at IS NOT NULL | NEW.expunged_at := NULL | .
            """)
    void findsMistakesInTheTables(String mistake, String table, String event, String when, String change, String words)
            throws Exception {
        try (LocalPods pods = LocalPods.start(directory, 2)) {
            boolean isAtCommit = event.startsWith("AFTER");
            execute(pods.database(), """
                    ALTER TABLE mailbox
                        DROP CONSTRAINT mailbox_messages_check, DROP CONSTRAINT mailbox_bytes_check,
                        DROP CONSTRAINT mailbox_unseen_check, DROP CONSTRAINT mailbox_deleted_check;
                    CREATE FUNCTION mistake() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF random() < 0.05 AND %s THEN
                            %s;
                        END IF;
                        RETURN NEW;
                    END
                    $$;
                    CREATE %s TRIGGER mistake %s ON %s %s FOR EACH ROW EXECUTE FUNCTION mistake();
                    """.formatted(
                            when,
                            change,
                            isAtCommit ? "CONSTRAINT" : "",
                            event,
                            table,
                            isAtCommit ? "DEFERRABLE INITIALLY DEFERRED" : ""));
            assertThat(findUntruth(pods)).containsPattern(words);
        }
    }

    /** The database crashes and has lost the last commit, so that its modseq is given once more. */
    @Test
    void findsAModSeqThatIsGivenTwice() throws Exception {
        try (LocalPods pods = LocalPods.start(directory, 2)) {
            CheckRun.Disturbance losses = random -> {
                for (int i = 0; i < 50; i++) {
                    execute(pods.database(), """
                            BEGIN;
                            SELECT FROM mailbox WHERE name = 'INBOX' FOR UPDATE;
                            WITH lost AS (
                                DELETE FROM change c USING mailbox b
                                 WHERE (c.account_id, c.mailbox_id, c.modseq)
                                     = (b.account_id, b.mailbox_id, b.highest_modseq)
                                   AND b.name = 'INBOX' AND c.kind IN (3, 4) AND c.keywords IS NOT NULL
                                RETURNING c.account_id, c.mailbox_id, c.uids
                            ), back AS (
                                UPDATE mailbox b SET highest_modseq = highest_modseq - 1
                                  FROM lost
                                 WHERE (b.account_id, b.mailbox_id) = (lost.account_id, lost.mailbox_id)
                            )
                            UPDATE message m SET keywords = NULL, modseq = modseq - 1
                              FROM lost
                             WHERE (m.account_id, m.mailbox_id) = (lost.account_id, lost.mailbox_id)
                               AND lost.uids @> m.uid;
                            COMMIT
                            """);
                    Thread.sleep(20);
                }
            };
            findUntruth(new CheckRun(pods, CLIENTS, SEED, losses));
        }
    }

    /** An older copy of the data directory takes the place of the newer one, and nobody says so with {@code heddle restored}. */
    @Test
    void findsADatabaseThatHasGoneBack() throws Exception {
        Path home = Files.createDirectory(directory.resolve("home"));
        try (EmbeddedDatabase embedded = EmbeddedDatabase.start(home)) {
            EmbeddedDatabase.Address address = embedded.address();
            StorageConfig database = StorageConfig.of(address.url(), address.user(), address.password());
            DatabaseProcess process = DatabaseProcess.in(home);
            Path copy = directory.resolve("copy");
            CheckRun.Disturbance restore = random -> {
                process.stop();
                if (Files.exists(copy)) {
                    Files.move(
                            process.data(),
                            Files.createTempDirectory(directory, "lost").resolve("data"));
                    Files.move(copy, process.data());
                } else {
                    DataDirectory.copy(process.data(), copy);
                }
                process.restart();
            };
            try (LocalPods pods = LocalPods.start(directory, database, 2)) {
                Contradiction found = find(new CheckRun(pods, CLIENTS, SEED, restore));
                if (!String.valueOf(found.getMessage()).contains(STUMBLES)) {
                    assertUntruth(found);
                }
            }
        }
    }

    /** A pod whose feed is deaf: neither announcements nor answers reach it any more. */
    @Tag("slow")
    @Test
    void findsAPodThatIsNotTold() throws Exception {
        try (LocalPods pods = LocalPods.start(directory, 1);
                Relay relay = toDatabase(pods, Deaf::new)) {
            StorageConfig database = pods.database();
            pods.add(directory, way(urlThrough(relay, database), database, database.snapshotBytes()));
            assertThat(findUntruth(pods)).contains("was not told");
        }
    }

    /** Hears nothing any more from when it listens. */
    private static final class Deaf implements Relay.Changes {
        private final AtomicBoolean listens = new AtomicBoolean();

        @Override
        public Relay.Change fromClient() {
            return octets -> {
                if (octets.contains("LISTEN heddle")) {
                    listens.set(true);
                }
                return octets;
            };
        }

        @Override
        public Relay.Change fromServer() {
            return octets -> listens.get() ? "" : octets;
        }
    }

    /** A snapshot's modseq is read after its rows, and so it is said to know what was committed in between. */
    @Test
    void findsASnapshotThatIsReadInTheWrongOrder() throws Exception {
        Relay.Change belated = sql -> sql.replace("FROM mailbox b\n  LEFT JOIN", "FROM belated b\n  LEFT JOIN");
        try (LocalPods pods = LocalPods.start(directory, 1);
                Relay relay = toDatabase(pods, () -> changing(belated))) {
            execute(pods.database(), """
                    CREATE FUNCTION later(account bigint, id bigint) RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
                    BEGIN
                        PERFORM pg_sleep(0.01);
                        RETURN (SELECT highest_modseq FROM mailbox WHERE (account_id, mailbox_id) = (account, id));
                    END
                    $$;
                    CREATE VIEW belated AS
                        SELECT account_id, mailbox_id, uid_validity, keywords, deleted_at,
                               later(account_id, mailbox_id) AS highest_modseq
                          FROM mailbox;
                    """);
            pods.add(directory, way(urlThrough(relay, pods.database()), pods.database(), 0));
            findUntruth(pods);
        }
    }

    /** {@return what changes the words of a pod to its database} */
    private static Relay.Changes changing(Relay.Change words) {
        return new Relay.Changes() {
            @Override
            public Relay.Change fromClient() {
                return words;
            }

            @Override
            public Relay.Change fromServer() {
                return octets -> octets;
            }
        };
    }

    private static Relay toDatabase(LocalPods pods, Relay.Maker changes) throws IOException {
        URI address = address(pods.database());
        return new Relay(address.getHost(), address.getPort(), changes);
    }

    private static URI address(StorageConfig database) {
        return URI.create(database.url().substring("jdbc:".length()));
    }

    private static String urlThrough(Relay relay, StorageConfig database) {
        return database.url().replace(address(database).getAuthority(), "127.0.0.1:" + relay.port());
    }

    /** {@return a way to the same database, for a pod with this much room for snapshots} */
    private static StorageConfig way(String url, StorageConfig database, long snapshotBytes) {
        return new StorageConfig(
                url,
                database.user(),
                database.password(),
                database.poolSize(),
                database.waits(),
                database.retention(),
                snapshotBytes,
                database.messageBytes(),
                database.cpuThreads());
    }

    @Test
    void findsAnExpungeThatIsSentTooEarly() throws Exception {
        assertThat(findOnTheWire(Early::new)).contains("EXPUNGE in a command whose sequence numbers it would change");
    }

    /** Says EXPUNGE where FETCH by sequence numbers ends. */
    private static final class Early implements Relay.Changes {
        private static final Pattern COMMAND = Pattern.compile("(?m)^(c[0-9]+) FETCH ");
        private static final Pattern ANSWER = Pattern.compile("(?m)^(c[0-9]+) OK ");

        private final Set<String> tags = ConcurrentHashMap.newKeySet();

        @Override
        public Relay.Change fromClient() {
            return octets -> {
                COMMAND.matcher(octets).results().forEach(command -> tags.add(command.group(1)));
                return octets;
            };
        }

        @Override
        public Relay.Change fromServer() {
            return octets -> ANSWER.matcher(octets)
                    .replaceAll(answer -> (tags.contains(answer.group(1)) ? "* 1 EXPUNGE\r\n" : "") + "$0");
        }
    }

    /** What a client that comes back is told of messages that are gone never reaches it. */
    @Test
    void findsAResyncThatLacksWhatIsGone() throws Exception {
        Pattern gone = Pattern.compile("\\* VANISHED \\(EARLIER\\) [0-9:,]+\r\n");
        findOnTheWire(() -> () -> octets -> gone.matcher(octets).replaceAll(""));
    }

    /** A client that comes back does not get the flags that have changed. */
    @Test
    void findsAResyncThatLacksFlags() throws Exception {
        Pattern flags = Pattern.compile("(?:\\* [0-9]+ FETCH .*\r\n)+(c[0-9]+ OK \\[READ-)");
        findOnTheWire(() -> () -> octets -> flags.matcher(octets).replaceAll("$1"));
    }

    /** HIGHESTMODSEQ is said to be higher than what the client was told, and so it never asks for what is in between. */
    @Test
    void findsAHighestModSeqThatIsTooHigh() throws Exception {
        Pattern highest = Pattern.compile("\\[HIGHESTMODSEQ ([0-9]+)]");
        findOnTheWire(() -> () -> octets -> highest.matcher(octets)
                .replaceAll(told -> "[HIGHESTMODSEQ " + (Long.parseLong(told.group(1)) + 3) + "]"));
    }

    private String findOnTheWire(Relay.Maker changes) throws Exception {
        try (LocalPods pods = LocalPods.start(directory, 1);
                var relay = new Relay("127.0.0.1", pods.port(0), changes)) {
            var behind = new Pods() {
                @Override
                public int count() {
                    return 1;
                }

                @Override
                public int port(int pod) {
                    return relay.port();
                }

                @Override
                public StorageConfig database() {
                    return pods.database();
                }
            };
            return findUntruth(behind);
        }
    }

    private static String findUntruth(Pods pods) {
        return findUntruth(new CheckRun(pods, CLIENTS, SEED, null));
    }

    /** {@return what was found first, which is no lack of answers} */
    private static String findUntruth(CheckRun run) {
        Contradiction found = find(run);
        assertUntruth(found);
        return String.valueOf(found.getMessage());
    }

    private static void assertUntruth(Contradiction found) {
        assertThat(found.getMessage()).as(found::report).doesNotContain(NO_ANSWERS);
        if (!String.valueOf(found.getMessage()).contains(SEEN_BY_SERVER)) {
            assertThat(found.getMessage()).as(found::report).doesNotContain("is lost");
        }
    }

    private static Contradiction find(CheckRun run) {
        Contradiction found = catchThrowableOfType(Contradiction.class, () -> run.run(LONG));
        assertThat(found).as("a contradiction").isNotNull();
        return found;
    }

    private static void execute(StorageConfig database, String sql) throws IOException {
        try (Connection connection = DriverManager.getConnection(database.url(), database.user(), database.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failed) {
            if (!failed.getSQLState().equals("40P01")) { // it stood in a client's way: there will be another time
                throw new IOException(failed);
            }
        }
    }
}
