package heddle.server.kill;

import heddle.storage.embedded.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** What the database holds, asked without the server: no modseq twice, nothing that contradicts itself. */
final class Journal {
    /** Each of these finds nothing in a healthy database. */
    private static final Map<String, String> CONTRADICTIONS = Map.of(
            "counters that are not the rows",
            """
            SELECT m.name
              FROM mailbox m
              LEFT JOIN message e USING (account_id, mailbox_id)
             WHERE m.deleted_at IS NULL
             GROUP BY m.account_id, m.mailbox_id
            HAVING m.messages <> count(e.uid) FILTER (WHERE e.expunged_at IS NULL)
                OR m.bytes <> coalesce(sum(e.size) FILTER (WHERE e.expunged_at IS NULL), 0)
                OR m.uid_next <= coalesce(max(e.uid), 0)
                OR m.highest_modseq < coalesce(max(e.modseq), 0)
            """,
            "messages without a content",
            """
            SELECT e.uid
              FROM message e
              LEFT JOIN content c USING (account_id, content_id)
             WHERE c.content_id IS NULL
            """,
            "contents without all their bytes",
            """
            SELECT c.content_id
              FROM content c
              LEFT JOIN body b USING (account_id, content_id)
             GROUP BY c.account_id, c.content_id
            HAVING count(b.number) = 0 OR max(b.number) - min(b.number) + 1 <> count(b.number)
            """,
            "modseqs above the mailbox's highest",
            """
            SELECT c.modseq
              FROM change c
              JOIN mailbox m USING (account_id, mailbox_id)
             WHERE c.modseq > m.highest_modseq
            """,
            "messages whose last change the journal does not know",
            """
            SELECT e.uid, e.modseq
              FROM message e
              JOIN mailbox m USING (account_id, mailbox_id)
             WHERE e.modseq > m.journal_floor
               AND NOT EXISTS (SELECT FROM change c
                                WHERE (c.account_id, c.mailbox_id, c.modseq) = (e.account_id, e.mailbox_id, e.modseq)
                                  AND c.uids @> e.uid)
            """);

    private final Map<String, String> seen = new HashMap<>();

    /** Reads the journal: what was once seen of it never changes. */
    synchronized void read(EmbeddedDatabase.Address database) throws SQLException {
        try (Connection connection = open(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT mailbox_id, modseq, operation, uids FROM change")) {
            var now = new HashMap<String, String>();
            while (rows.next()) {
                now.put(rows.getLong(1) + " " + rows.getLong(2), rows.getString(3) + " " + rows.getString(4));
            }
            seen.forEach((modseq, change) -> {
                if (!change.equals(now.get(modseq))) {
                    throw new IllegalStateException(
                            "mailbox and modseq " + modseq + " was " + change + " and is " + now.get(modseq));
                }
            });
            seen.putAll(now);
        }
    }

    /** Looks for contradictions. */
    static void check(EmbeddedDatabase.Address database) throws SQLException {
        try (Connection connection = open(database);
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> contradiction : CONTRADICTIONS.entrySet()) {
                try (ResultSet rows = statement.executeQuery(contradiction.getValue())) {
                    if (rows.next()) {
                        throw new IllegalStateException(contradiction.getKey() + ", such as " + rows.getString(1));
                    }
                }
            }
        }
    }

    int size() {
        return seen.size();
    }

    private static Connection open(EmbeddedDatabase.Address database) throws SQLException {
        return DriverManager.getConnection(database.url(), database.user(), database.password());
    }
}
