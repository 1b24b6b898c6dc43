package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.storage.StorageConfig.Retention;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What must hold in every database at any moment, whatever was done to it by however many pods (DESIGN §4). */
public final class Invariants {
    /** Each query finds the rows that contradict its sentence. */
    private static final Map<String, String> RULES = rules();

    private Invariants() {}

    private static Map<String, String> rules() {
        var rules = new LinkedHashMap<String, String>();
        rules.put("a mailbox counts its rows", """
                SELECT b.account_id, b.mailbox_id, b.name, b.messages, r.messages, b.bytes, r.bytes, b.unseen, r.unseen,
                       b.deleted, r.deleted
                  FROM mailbox b
                  CROSS JOIN LATERAL (
                      SELECT count(*) AS messages, coalesce(sum(size), 0) AS bytes,
                             count(*) FILTER (WHERE flags & 1 = 0) AS unseen,
                             count(*) FILTER (WHERE flags & 8 <> 0) AS deleted
                        FROM message m
                       WHERE m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id AND expunged_at IS NULL) r
                 WHERE (b.messages, b.bytes, b.unseen, b.deleted) <> (r.messages, r.bytes, r.unseen, r.deleted)
                """);
        rules.put("a UID is below UIDNEXT, a modseq at most the mailbox's highest", """
                SELECT m.account_id, m.mailbox_id, m.uid, b.uid_next, m.modseq, b.highest_modseq
                  FROM message m
                  JOIN mailbox b USING (account_id, mailbox_id)
                 WHERE m.uid >= b.uid_next OR m.modseq > b.highest_modseq
                """);
        rules.put("a message, keyword and change belong to a mailbox", """
                SELECT kind, account_id, mailbox_id
                  FROM (SELECT 'message' AS kind, account_id, mailbox_id FROM message
                        UNION SELECT 'keyword', account_id, mailbox_id FROM keyword
                        UNION SELECT 'change', account_id, mailbox_id FROM change) owned
                  LEFT JOIN mailbox b USING (account_id, mailbox_id)
                 WHERE b.account_id IS NULL
                """);
        rules.put("a message has a content of its size", """
                SELECT m.account_id, m.mailbox_id, m.uid, m.size, c.size
                  FROM message m
                  LEFT JOIN content c USING (account_id, content_id)
                 WHERE c.content_id IS NULL OR m.size <> c.size + coalesce(length(m.trace), 0)
                """);
        rules.put("a content has all its chunks", """
                SELECT c.account_id, c.content_id, c.size, b.chunks, b.last
                  FROM content c
                  LEFT JOIN (SELECT account_id, content_id, count(*) AS chunks, max(number) AS last
                               FROM body GROUP BY account_id, content_id) b USING (account_id, content_id)
                 WHERE b.chunks IS NULL OR b.chunks <> b.last + 1
                    OR b.chunks <> greatest(1, (c.size + 262143) / 262144)
                """);
        rules.put("a content knows its lengths", """
                SELECT account_id, content_id
                  FROM content
                 WHERE (envelope_length, body_length, body_structure_length, parts_length)
                    <> (length(envelope), length(body), length(body_structure), length(parts))
                """);
        rules.put("a chunk belongs to a content", """
                SELECT b.account_id, b.content_id, b.number
                  FROM body b
                  LEFT JOIN content c USING (account_id, content_id)
                 WHERE c.content_id IS NULL
                """);
        rules.put("a content is named by a message or waits for the sweeper", """
                SELECT c.account_id, c.content_id
                  FROM content c
                 WHERE NOT EXISTS (SELECT FROM message m
                                    WHERE m.account_id = c.account_id AND m.content_id = c.content_id)
                   AND NOT EXISTS (SELECT FROM orphan o
                                    WHERE o.account_id = c.account_id AND o.content_id = c.content_id)
                """);
        rules.put("the journal has every modseq above its floor", """
                SELECT b.account_id, b.mailbox_id, b.name, b.journal_floor, b.highest_modseq, c.changes, c.last
                  FROM mailbox b
                  CROSS JOIN LATERAL (
                      SELECT count(*) FILTER (WHERE modseq > b.journal_floor) AS changes,
                             coalesce(max(modseq), 0) AS last
                        FROM change c
                       WHERE c.account_id = b.account_id AND c.mailbox_id = b.mailbox_id) c
                 WHERE c.changes <> b.highest_modseq - b.journal_floor OR c.last > b.highest_modseq
                """);
        rules.put("the journal names each message at its modseq", """
                SELECT m.account_id, m.mailbox_id, m.uid, m.modseq, m.expunged_at, c.kind, c.uids
                  FROM message m
                  JOIN mailbox b USING (account_id, mailbox_id)
                  LEFT JOIN change c USING (account_id, mailbox_id, modseq)
                 WHERE m.modseq > b.journal_floor
                   AND (c.uids @> m.uid AND (c.kind = 6) = (m.expunged_at IS NOT NULL)) IS NOT TRUE
                """);
        rules.put("a UID arrives once and goes once", """
                SELECT account_id, mailbox_id, gone, named, all_named
                  FROM (SELECT account_id, mailbox_id, kind = 6 AS gone, sum(upper(r) - lower(r)) AS named,
                               range_agg(r) AS all_named
                          FROM change, unnest(uids) AS r
                         WHERE kind IN (1, 2, 6)
                         GROUP BY account_id, mailbox_id, kind = 6) journal
                 WHERE named <> (SELECT sum(upper(r) - lower(r)) FROM unnest(all_named) AS r)
                """);
        rules.put("keywords are numbered from 0 and messages name only these, ascending", """
                SELECT b.account_id, b.mailbox_id, b.keywords, k.known, k.last
                  FROM mailbox b
                  CROSS JOIN LATERAL (
                      SELECT count(*) AS known, coalesce(max(number) + 1, 0) AS last
                        FROM keyword k
                       WHERE k.account_id = b.account_id AND k.mailbox_id = b.mailbox_id) k
                 WHERE k.known <> b.keywords OR k.last <> b.keywords
                    OR EXISTS (SELECT FROM message m
                                WHERE m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id
                                  AND (m.keywords = '{}' OR m.keywords[cardinality(m.keywords)] >= b.keywords
                                       OR m.keywords <> ARRAY(SELECT DISTINCT unnest(m.keywords) ORDER BY 1)))
                """);
        rules.put("no two mailboxes of an account have the same UIDVALIDITY", """
                SELECT a.account_id, a.last_uid_validity, count(b.mailbox_id), max(b.uid_validity)
                  FROM account a
                  JOIN mailbox b USING (account_id)
                 GROUP BY a.account_id
                HAVING count(DISTINCT b.uid_validity) <> count(*) OR max(b.uid_validity) > a.last_uid_validity
                """);
        return rules;
    }

    /**
     * Checks all that can be checked while the database is as it is.
     *
     * @throws AssertionError with all rows that contradict a rule
     */
    public static void check(StorageConfig database) {
        var broken = new ArrayList<String>();
        try (var sql = new Sql(database)) {
            for (var rule : RULES.entrySet()) {
                sql.rows(rule.getValue()).forEach(row -> broken.add(rule.getKey() + ", but " + row));
            }
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
        assertThat(broken).isEmpty();
    }

    /**
     * Sweeps all that may go, and checks that nothing is left of what nobody can see. The journal stays.
     *
     * @throws AssertionError with all rows that contradict a rule
     */
    public static void checkSwept(StorageConfig database) {
        check(database);
        var atOnce = new Retention(Duration.ZERO, Retention.DEFAULT.journal(), Retention.DEFAULT.sweep());
        try (Storage storage = TestDatabase.open(keeping(database, atOnce))) {
            storage.sweeper().sweep();
        }
        check(database);
        try (var sql = new Sql(database)) {
            for (String left : List.of(
                    "message WHERE expunged_at IS NOT NULL",
                    "mailbox WHERE deleted_at IS NOT NULL",
                    "orphan",
                    "content c WHERE NOT EXISTS (SELECT FROM message m"
                            + " WHERE m.account_id = c.account_id AND m.content_id = c.content_id)")) {
                assertThat(sql.number("SELECT count(*) FROM " + left)).as(left).isZero();
            }
        } catch (SQLException failed) {
            throw new AssertionError(failed);
        }
    }

    /** {@return the same database, with another retention} */
    static StorageConfig keeping(StorageConfig config, Retention retention) {
        return new StorageConfig(
                config.url(),
                config.user(),
                config.password(),
                config.poolSize(),
                config.waits(),
                retention,
                config.snapshotBytes(),
                config.messageBytes(),
                config.cpuThreads());
    }
}
