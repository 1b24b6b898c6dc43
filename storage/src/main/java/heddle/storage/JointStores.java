package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.storage.FlagChanges.Request;
import heddle.storage.FlagChanges.Stored;
import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Several small STOREs to one mailbox in one transaction, as if they had come one after the other: each has its own modseq
 * and its own row in the journal.
 */
final class JointStores {
    /** Messages that the STOREs of one transaction may name together. */
    static final int MOST_UIDS = 256;

    /**
     * Takes the mailbox, then changes, counts and logs in a statement that sees what the holder before committed: one
     * round trip. A STORE that changes nothing gets no modseq. UIDs are given as an array too, of which the planner expects
     * few members, and goes to each by its key.
     */
    private static final String STORE = """
            SELECT 1 FROM mailbox WHERE account_id = ? AND mailbox_id = ? FOR UPDATE;
            WITH box AS (
                SELECT account_id, mailbox_id, highest_modseq
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id = ? AND deleted_at IS NULL AND epoch = ?
            ), store AS (
                SELECT *
                  FROM unnest(?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::uuid[])
                  WITH ORDINALITY AS s(kind, flags, keep, add, operation, number)
            ), wanted AS (
                SELECT store.number, box.highest_modseq + dense_rank() OVER (ORDER BY store.number) AS modseq,
                       m.uid, m.flags AS before, m.flags & store.keep | store.add AS after,
                       CASE WHEN store.keep <> 0 THEN m.keywords END AS keywords
                  FROM box
                 CROSS JOIN store
                  JOIN unnest(?::integer[], ?::bigint[]) AS named(number, uid) ON named.number = store.number
                  JOIN message m ON m.account_id = ? AND m.mailbox_id = ? AND m.uid = named.uid
                 WHERE m.uid = ANY (?) AND m.expunged_at IS NULL
                   AND (m.flags <> (m.flags & store.keep | store.add) OR store.keep = 0 AND m.keywords IS NOT NULL)
            ), changed AS (
                UPDATE message m
                   SET flags = w.after, keywords = w.keywords, modseq = w.modseq
                  FROM wanted w
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid = ANY (?) AND m.uid = w.uid
            ), counted AS (
                SELECT max(modseq) AS modseq, sum((before & 1) - (after & 1)) AS unseen,
                       sum((after >> 3 & 1) - (before >> 3 & 1)) AS deleted
                  FROM wanted
                HAVING count(*) > 0
            ), moved AS (
                UPDATE mailbox m
                   SET highest_modseq = c.modseq, unseen = m.unseen + c.unseen, deleted = m.deleted + c.deleted
                  FROM counted c
                 WHERE m.account_id = ? AND m.mailbox_id = ?
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, operation, uids)
                SELECT box.account_id, box.mailbox_id, w.modseq, store.kind, store.flags, store.operation,
                       range_agg(int8range(w.uid, w.uid + 1))
                  FROM box CROSS JOIN wanted w JOIN store USING (number)
                 GROUP BY box.account_id, box.mailbox_id, w.modseq, store.kind, store.flags, store.operation
            )
            SELECT box.highest_modseq, w.number, w.modseq, w.uid FROM box LEFT JOIN wanted w ON true
            """;

    private final Database database;
    private final Epochs epochs;

    JointStores(Database database, Epochs epochs) {
        this.database = database;
        this.epochs = epochs;
    }

    /** {@return whether a STORE is of this kind} */
    static boolean isSmall(Request store) {
        return store.keywords().length == 0 && store.uids().size() <= MOST_UIDS;
    }

    /** {@return whether {@code next} can go with these: no message is changed twice in one statement} */
    static boolean fits(List<Request> taken, Request next) {
        long uids = next.uids().size();
        for (Request store : taken) {
            if (store.uids().intersects(next.uids())) {
                return false;
            }
            uids += store.uids().size();
        }
        return uids <= MOST_UIDS;
    }

    /**
     * {@return what each of them did}
     *
     * @throws StorageException {@code NOT_FOUND} or {@code UNAVAILABLE}
     * @throws heddle.storage.sql.UnknownOutcomeException when the answer got lost: all of them may have been committed
     */
    List<Stored> store(MailboxId mailbox, List<Request> stores) {
        return database.runAtomic(connection -> store(connection, mailbox, stores));
    }

    private List<Stored> store(Connection connection, MailboxId mailbox, List<Request> stores) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STORE)) {
            // Asked twice: a mailbox of an older epoch jumps first (DESIGN §4 rule 5).
            for (int attempt = 1; attempt <= 2; attempt++) {
                bind(connection, statement, mailbox, stores);
                statement.execute();
                statement.getMoreResults();
                try (ResultSet row = statement.getResultSet()) {
                    if (row.next()) {
                        return stored(row, stores);
                    }
                }
                epochs.jump(connection, mailbox);
            }
        }
        throw Mailboxes.noSuchMailbox();
    }

    private void bind(Connection connection, PreparedStatement statement, MailboxId mailbox, List<Request> stores)
            throws SQLException {
        int at = bind(statement, 1, mailbox);
        at = bind(statement, at, mailbox);
        statement.setInt(at++, epochs.current());
        statement.setObject(
                at++, stores.stream().mapToInt(store -> store.kind().number()).toArray());
        statement.setObject(at++, stores.stream().mapToInt(Request::bits).toArray());
        statement.setObject(at++, stores.stream().mapToInt(Request::keep).toArray());
        statement.setObject(at++, stores.stream().mapToInt(Request::add).toArray());
        statement.setArray(
                at++,
                connection.createArrayOf(
                        "uuid", stores.stream().map(Request::operation).toArray()));
        int[] numbers = new int[MOST_UIDS];
        long[] uids = new long[MOST_UIDS];
        int count = 0;
        for (int i = 0; i < stores.size(); i++) {
            for (long uid : stores.get(i).uids().toArray()) {
                numbers[count] = i + 1;
                uids[count++] = uid;
            }
        }
        uids = Arrays.copyOf(uids, count);
        statement.setObject(at++, Arrays.copyOf(numbers, count));
        statement.setObject(at++, uids);
        at = bind(statement, at, mailbox);
        statement.setObject(at++, uids);
        at = bind(statement, at, mailbox);
        statement.setObject(at++, uids);
        bind(statement, at, mailbox);
    }

    private static int bind(PreparedStatement statement, int at, MailboxId mailbox) throws SQLException {
        statement.setLong(at, mailbox.account().value());
        statement.setLong(at + 1, mailbox.value());
        return at + 2;
    }

    private static List<Stored> stored(ResultSet row, List<Request> stores) throws SQLException {
        long last = row.getLong("highest_modseq");
        var modSeqs = new long[stores.size()];
        var uids = new UidSet.Builder[stores.size()];
        do {
            int store = row.getInt("number") - 1;
            if (store >= 0) { // else the mailbox's own row: nothing has changed
                if (uids[store] == null) {
                    uids[store] = new UidSet.Builder();
                }
                uids[store].add(row.getLong("uid"));
                modSeqs[store] = row.getLong("modseq");
                last = Math.max(last, modSeqs[store]);
            }
        } while (row.next());
        var stored = new ArrayList<Stored>();
        for (int i = 0; i < modSeqs.length; i++) {
            Optional<Change> change = modSeqs[i] == 0
                    ? Optional.empty()
                    : Optional.of(stores.get(i).change(new ModSeq(modSeqs[i]), uids[i].build()));
            stored.add(new Stored(new ModSeq(last), change));
        }
        return stored;
    }
}
