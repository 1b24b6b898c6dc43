package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The tables (DESIGN §4), and how they come to be (rule 14). */
class SchemaTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Sql SQL = new Sql(CONFIG);

    /** Rule 14: one pod migrates while the others wait. */
    @BeforeAll
    static void migrateByThreePodsAtOnce() throws Exception {
        Race.lanes(3, pod -> TestDatabase.open(CONFIG).close());
    }

    @AfterAll
    static void close() {
        SQL.close();
    }

    @Test
    void spreadsTheLargeTablesByAccount() throws Exception {
        assertThat(SQL.rows("""
                        SELECT p.partrelid::regclass::text, pg_get_partkeydef(p.partrelid), count(i.inhrelid)
                          FROM pg_partitioned_table p
                          JOIN pg_inherits i ON i.inhparent = p.partrelid
                         GROUP BY p.partrelid
                         ORDER BY 1
                        """))
                .containsExactly(
                        List.of("body", "HASH (account_id)", "8"),
                        List.of("change", "HASH (account_id)", "8"),
                        List.of("content", "HASH (account_id)", "8"),
                        List.of("message", "HASH (account_id)", "8"));
    }

    /** The state of the database itself belongs to no account, nor do pods (which is unlogged); Flyway's table is Flyway's. */
    @Test
    void startsEveryKeyWithTheAccount() throws Exception {
        assertThat(SQL.rows("""
                        SELECT c.conrelid::regclass::text, c.conname
                          FROM pg_constraint c
                          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                          JOIN pg_class t ON t.oid = c.conrelid AND t.relpersistence <> 'u'
                         WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'f')
                           AND c.conrelid::regclass::text NOT IN ('database_state', 'flyway_schema_history')
                           AND a.attname <> 'account_id'
                        """)).isEmpty();
    }

    /** Rule 12: an INSERT of text over 8 KiB into a b-tree fails. Names are the only text in keys, and they are short. */
    @Test
    void indexesNoTextThatASenderControls() throws Exception {
        assertThat(SQL.rows("""
                        SELECT DISTINCT i.indrelid::regclass::text, a.attname
                          FROM pg_index i
                          JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
                          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                         WHERE a.atttypid IN ('text'::regtype, 'bytea'::regtype)
                           AND i.indrelid::regclass::text <> 'flyway_schema_history'
                         ORDER BY 1
                        """))
                .containsExactly(
                        List.of("account", "name"), List.of("mailbox", "name"), List.of("subscription", "name"));
    }

    /** Flag changes stay on their page: nothing that one touches is indexed. */
    @Test
    void indexesNothingThatAFlagChangeTouches() throws Exception {
        assertThat(SQL.rows("""
                        SELECT a.attname
                          FROM pg_index i
                          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                         WHERE i.indrelid = 'message'::regclass AND a.attname IN ('flags', 'keywords', 'modseq')
                        """)).isEmpty();
    }

    /** On this server the functions of Citus only take note of what the script tells them. */
    @Test
    void canBeDistributedByAccount() throws Exception {
        StorageConfig config = TestDatabase.create();
        TestDatabase.open(config).close();
        String script = Files.readString(Path.of("../k8s/citus/distribute.sql"));
        try (var sql = new Sql(config)) {
            List<String> tables = column(sql, """
                    SELECT relname FROM pg_class
                     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                    """);
            List<List<@Nullable String>> foreignKeys = foreignKeys(sql);
            sql.execute("""
                    CREATE TEMPORARY TABLE placed (name text, key text);
                    CREATE FUNCTION create_reference_table(text) RETURNS void LANGUAGE sql
                        AS $$ INSERT INTO placed VALUES ($1, NULL) $$;
                    CREATE FUNCTION create_distributed_table(
                        text, text, shard_count integer DEFAULT NULL, colocate_with text DEFAULT NULL)
                        RETURNS void LANGUAGE sql AS $$ INSERT INTO placed VALUES ($1, $2) $$;
                    """);
            sql.execute(script);
            assertThat(foreignKeys(sql)).isEqualTo(foreignKeys);
            List<String> placed = new ArrayList<>(column(sql, "SELECT name FROM placed"));
            Pattern.compile("(?m)^-- local: (\\w+)$")
                    .matcher(script)
                    .results()
                    .forEach(local -> placed.add(local.group(1)));
            assertThat(placed).containsExactlyInAnyOrderElementsOf(tables);
            assertThat(column(sql, "SELECT DISTINCT key FROM placed WHERE key IS NOT NULL"))
                    .containsExactly("account_id");
            assertThat(column(sql, """
                            SELECT i.indexrelid::regclass::text
                              FROM pg_index i
                              JOIN placed p ON i.indrelid = p.name::regclass AND p.key IS NOT NULL
                              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                             WHERE i.indisunique AND a.attname <> p.key
                            """))
                    .as("unique keys that do not begin with the account")
                    .isEmpty();
            assertThat(column(sql, """
                            SELECT c.conname
                              FROM pg_constraint c
                              JOIN placed p ON c.conrelid = p.name::regclass
                              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                             WHERE c.contype = 'f' AND a.attname IS DISTINCT FROM p.key
                            """))
                    .as("foreign keys that do not begin with the account")
                    .isEmpty();
        }
    }

    private static List<List<@Nullable String>> foreignKeys(Sql sql) throws Exception {
        return sql.rows("""
                SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                 WHERE contype = 'f' AND connamespace = 'public'::regnamespace
                 ORDER BY 1, 2
                """);
    }

    private static List<String> column(Sql sql, String select) throws Exception {
        return sql.rows(select).stream()
                .map(row -> String.valueOf(row.getFirst()))
                .toList();
    }

    @Test
    void holdsWhatMustHold() {
        Invariants.check(CONFIG);
    }
}
