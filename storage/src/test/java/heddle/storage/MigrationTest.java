package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.MailboxName;
import heddle.storage.StorageConfig.Retention;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** What older tables hold is there after they were brought up to date (DESIGN §4 rule 14). */
class MigrationTest {
    private static final Retention AN_HOUR = new Retention(Duration.ofHours(1), Duration.ofDays(1), Duration.ofDays(1));

    /** V002: what was expunged before is still found by the sweeper, and what was not stays. */
    @Test
    void whatWasExpungedIsSwept() throws Exception {
        StorageConfig config = database("1");
        try (var sql = new Sql(config)) {
            sql.execute("""
                    INSERT INTO account (name, salt, iterations, stored_key, server_key) VALUES ('ann', '', 1, '', '');
                    INSERT INTO mailbox (account_id, name, uid_validity, uid_next, messages, bytes, unseen, epoch)
                    VALUES (1, 'INBOX', 1, 5, 2, 20, 2, 1);
                    INSERT INTO message (account_id, mailbox_id, uid, modseq, content_id, size, internal_date, flags,
                            internal_offset, expunged_at)
                    SELECT 1, 1, uid, 1 + uid, uid, 10, now(), 0, 0,
                           CASE uid WHEN 2 THEN now() - interval '2 hours' WHEN 3 THEN now() END
                      FROM generate_series(1, 4) AS uid;
                    INSERT INTO body (account_id, content_id, number, format, bytes)
                    SELECT 1, id, 0, 0, '' FROM generate_series(1, 4) AS id;
                    INSERT INTO content (account_id, content_id, size, header_length, envelope_length, body_length,
                            body_structure_length, parts_length, envelope, body, body_structure, parts, subject, sender,
                            recipients, copied, blind_copied, preview, header_text, header_text_truncated, body_text,
                            body_text_truncated)
                    SELECT 1, id, 10, 0, 0, 0, 0, 0, '', '', '', '', '', '', '', '', '', '', '', false, '', false
                      FROM generate_series(1, 4) AS id
                    """);
            try (Storage storage = TestDatabase.open(Invariants.keeping(config, AN_HOUR))) {
                storage.sweeper().sweep();
            }
            assertThat(sql.text("SELECT string_agg(uid::text, ',' ORDER BY uid) FROM message"))
                    .isEqualTo("1,3,4");
            assertThat(sql.text("SELECT string_agg(content_id::text, ',' ORDER BY content_id) FROM content"))
                    .isEqualTo("1,3,4");
        }
    }

    /** V005: names are kept composed, and no two mailboxes become one. */
    @Test
    void namesAreComposed() throws Exception {
        StorageConfig config = database("3");
        try (var sql = new Sql(config)) {
            sql.execute("""
                    INSERT INTO account (name, salt, iterations, stored_key, server_key) VALUES ('ann', '', 1, '', '');
                    INSERT INTO mailbox (account_id, name, uid_validity, epoch)
                    VALUES (1, U&'e\\0301', 1, 1), (1, U&'\\00e9', 2, 1), (1, U&'u\\0308', 3, 1);
                    INSERT INTO subscription (account_id, name) VALUES (1, U&'e\\0301'), (1, U&'\\00e9'), (1, U&'u\\0308')
                    """);
            try (Storage storage = TestDatabase.open(config)) {
                assertThat(storage.mailboxes().list(new AccountId(1)).stream()
                                .map(mailbox -> mailbox.name().value()))
                        .containsExactlyInAnyOrder("\u00e9", "\u00e9 1", "\u00fc");
                assertThat(storage.mailboxes().subscriptions(new AccountId(1)).stream()
                                .map(MailboxName::value))
                        .containsExactly("\u00e9", "\u00fc");
            }
        }
    }

    /** What a migration has to lock may be in use for longer than others should have to wait for the migration. */
    @Test
    void aMigrationTriesAgainWhatItCannotLock() throws Exception {
        StorageConfig config = database("4");
        try (var sql = new Sql(config);
                var observer = new Sql(config)) {
            sql.execute("""
                    INSERT INTO account (name, salt, iterations, stored_key, server_key) VALUES ('ann', '', 1, '', '');
                    INSERT INTO mailbox (account_id, name, uid_validity, epoch) VALUES (1, U&'e\\0301', 1, 1)
                    """);
            sql.begin();
            sql.rows("SELECT FROM mailbox FOR UPDATE");
            var opening = Race.start(() -> TestDatabase.open(config));
            observer.awaitWaiting(1);
            observer.await("""
                    NOT EXISTS (SELECT FROM pg_stat_activity
                                 WHERE datname = current_database() AND wait_event_type = 'Lock')
                    """);
            sql.commit();
            Race.result(opening).close();
            assertThat(sql.number("SELECT count(*) FROM mailbox WHERE name IS NORMALIZED"))
                    .isEqualTo(1);
        }
    }

    /** Of a pod whose node dies in the middle nothing is heard any more, and what it has locked has to become free. */
    @Test
    void theDatabaseLooksWhetherWhoMigratesIsThere() throws Exception {
        try (Connection connection = Migrations.flyway(TestDatabase.create())
                        .getConfiguration()
                        .getDataSource()
                        .getConnection();
                Statement sql = connection.createStatement();
                ResultSet row = sql.executeQuery("SELECT current_setting('tcp_keepalives_idle')::int"
                        + " + current_setting('tcp_keepalives_interval')::int"
                        + " * current_setting('tcp_keepalives_count')::int")) {
            row.next();
            assertThat(row.getInt(1)).as("seconds").isEqualTo(120);
        }
    }

    /** A program goes on beside the next version's pods, but not after what it uses may have been taken away. */
    @Test
    void tablesMayBeOneVersionNewer() throws Exception {
        StorageConfig config = TestDatabase.create();
        int known;
        try (Storage storage = TestDatabase.open(config)) {
            known = storage.schemaVersion();
        }
        try (var sql = new Sql(config)) {
            String pretend = """
                    INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum,
                            installed_by, execution_time, success)
                    VALUES (?, ?, 'later', 'SQL', 'later.sql', 1, current_user, 1, true)
                    """;
            sql.execute(pretend, known + 1, String.valueOf(known + 1));
            try (Storage storage = TestDatabase.open(config)) {
                assertThat(storage.schemaVersion()).isEqualTo(known);
                TestMail.append(storage, TestMail.account(storage), TestMail.text(1));
            }
            sql.execute(pretend, known + 2, String.valueOf(known + 2));
            assertThatThrownBy(() -> TestDatabase.open(config))
                    .isInstanceOf(StorageException.class)
                    .hasMessage(
                            "the tables cannot be brought up to date: they are of version %d, and this program knows none after %d",
                            known + 2, known);
        }
    }

    /** {@return a database with the tables of this version} */
    private static StorageConfig database(String version) throws Exception {
        StorageConfig config = TestDatabase.create();
        Flyway.configure(Storage.class.getClassLoader())
                .dataSource(config.url(), config.user(), config.password())
                .locations("classpath:heddle/storage")
                .target(version)
                .load()
                .migrate();
        return config;
    }
}
