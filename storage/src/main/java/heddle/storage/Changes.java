package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidRanges;
import heddle.storage.sql.UnknownOutcomeException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;

/** The journal of what happened to each mailbox. */
public final class Changes {
    /** Bytes of UIDs, as they are stored, that are read of the journal; with more, the mailbox is quicker to read. */
    private static final int MOST_BYTES = 1 << 20;

    private final Database database;

    Changes(Database database) {
        this.database = database;
    }

    /**
     * {@return what happened after {@code seen}, in order; empty when the journal does not reach back that far, so that the
     * mailbox must be read instead}
     *
     * @param limit how many changes at most; with more, or with very many UIDs, the mailbox is quicker to read
     */
    public Optional<List<Change>> since(MailboxId mailbox, ModSeq seen, int limit) {
        return database.run(connection -> since(connection, mailbox, seen, limit));
    }

    /** {@link #since(MailboxId, ModSeq, int)}, inside a transaction. */
    static Optional<List<Change>> since(Connection connection, MailboxId mailbox, ModSeq seen, int limit)
            throws SQLException {
        String sql = """
                SELECT c.modseq, c.kind, c.flags, c.keywords, c.bytes > %1$d AS is_much,
                       CASE WHEN c.bytes <= %1$d THEN c.uids::text END AS uids, m.journal_floor
                  FROM mailbox m
                  LEFT JOIN (
                      SELECT *, sum(pg_column_size(uids)) OVER (ORDER BY modseq) AS bytes
                        FROM (SELECT modseq, kind, flags, keywords, uids
                                FROM change
                               WHERE account_id = ? AND mailbox_id = ? AND modseq > ?
                               ORDER BY modseq
                               LIMIT ?) newer) c ON true
                 WHERE m.account_id = ? AND m.mailbox_id = ?
                 ORDER BY c.modseq
                """.formatted(MOST_BYTES);
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, mailbox.account().value());
            select.setLong(2, mailbox.value());
            select.setLong(3, seen.value());
            select.setInt(4, limit + 1);
            select.setLong(5, mailbox.account().value());
            select.setLong(6, mailbox.value());
            try (ResultSet row = select.executeQuery()) {
                var changes = new ArrayList<Change>();
                while (row.next()) {
                    if (row.getLong("journal_floor") > seen.value()
                            || changes.size() == limit
                            || row.getBoolean("is_much")) {
                        return Optional.empty();
                    }
                    if (row.getLong("modseq") > 0) { // else the mailbox's own row: nothing has happened
                        changes.add(change(row));
                    }
                }
                return Optional.of(changes);
            }
        }
    }

    /** {@return the messages that were expunged after {@code since}; empty when the journal does not reach back that far} */
    Optional<UidSet> expungedSince(MailboxId mailbox, ModSeq since) {
        String sql = """
                SELECT m.journal_floor <= ? AS reaches, (
                           SELECT range_agg(c.uids)::text
                             FROM change c
                            WHERE c.account_id = ? AND c.mailbox_id = ? AND c.modseq > ? AND c.kind = ?) AS uids
                  FROM mailbox m
                 WHERE m.account_id = ? AND m.mailbox_id = ?
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, since.value());
                select.setLong(2, mailbox.account().value());
                select.setLong(3, mailbox.value());
                select.setLong(4, since.value());
                select.setInt(5, Change.Kind.EXPUNGED.number());
                select.setLong(6, mailbox.account().value());
                select.setLong(7, mailbox.value());
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next() || !row.getBoolean("reaches")) {
                        return Optional.empty();
                    }
                    String uids = row.getString("uids");
                    return Optional.of(uids == null ? UidSet.EMPTY : UidRanges.parse(uids));
                }
            }
        });
    }

    /** {@return the messages that the change of this modseq, which was just made, names; empty when it is trimmed already} */
    static Optional<UidSet> uids(Connection connection, MailboxId mailbox, ModSeq modSeq) throws SQLException {
        String sql = "SELECT uids::text FROM change WHERE account_id = ? AND mailbox_id = ? AND modseq = ?";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, mailbox.account().value());
            select.setLong(2, mailbox.value());
            select.setLong(3, modSeq.value());
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(UidRanges.parse(row.getString(1))) : Optional.empty();
            }
        }
    }

    private static Change change(ResultSet row) throws SQLException {
        return new Change(
                new ModSeq(row.getLong("modseq")),
                Change.Kind.of(row.getInt("kind")),
                UidRanges.parse(row.getString("uids")),
                row.getInt("flags"),
                Keywords.read(row, "keywords"));
    }

    /** Writes a row of the journal, inside the transaction of the change itself. */
    static void write(Connection connection, MailboxId mailbox, Change change, UUID operation) throws SQLException {
        String sql = """
                INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, keywords, operation, uids)
                VALUES (?, ?, ?, ?, ?, nullif(?, '{}'), ?, ?::int8multirange)
                """;
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setLong(1, mailbox.account().value());
            insert.setLong(2, mailbox.value());
            insert.setLong(3, change.modSeq().value());
            insert.setInt(4, change.kind().number());
            insert.setInt(5, change.flags());
            insert.setObject(6, change.keywords());
            insert.setObject(7, operation);
            insert.setString(8, UidRanges.format(change.uids()));
            insert.executeUpdate();
        }
    }

    /** {@return the name of one command's work, by which it is found again} */
    static UUID newOperation() {
        var random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong());
    }

    /** What an operation did to one mailbox. */
    record Outcome(MailboxId mailbox, UidValidity validity, Change change) {}

    /**
     * {@return what {@code attempt} returns or, when the answer to its COMMIT gets lost, what the journal says of it}
     *
     * @throws StorageException what {@code attempt} throws, or {@code UNAVAILABLE} when the operation did not take place
     *     or the journal cannot be asked
     */
    <T> T settle(AccountId account, UUID operation, Supplier<T> attempt, Function<List<Outcome>, T> told) {
        try {
            return attempt.get();
        } catch (UnknownOutcomeException lost) {
            List<Outcome> outcomes = outcomes(account, operation);
            if (outcomes.isEmpty()) {
                throw new StorageException(Reason.UNAVAILABLE, "the mail store does not answer, try again later", lost);
            }
            return told.apply(outcomes);
        }
    }

    /** Taking the mailboxes first waits for a transaction that is still under way (DESIGN §4 rule 6). */
    private List<Outcome> outcomes(AccountId account, UUID operation) {
        String lock = "SELECT 1 FROM mailbox WHERE account_id = ? ORDER BY mailbox_id FOR UPDATE";
        String sql = """
                SELECT m.mailbox_id, m.uid_validity, c.modseq, c.kind, c.flags, c.keywords, c.uids::text
                  FROM change c
                  JOIN mailbox m USING (account_id, mailbox_id)
                 WHERE c.account_id = ? AND c.operation = ?
                 ORDER BY m.mailbox_id
                """;
        return database.transaction(connection -> {
            try (PreparedStatement take = connection.prepareStatement(lock);
                    PreparedStatement select = connection.prepareStatement(sql)) {
                take.setLong(1, account.value());
                take.execute();
                select.setLong(1, account.value());
                select.setObject(2, operation);
                try (ResultSet row = select.executeQuery()) {
                    var outcomes = new ArrayList<Outcome>();
                    while (row.next()) {
                        outcomes.add(new Outcome(
                                new MailboxId(account, row.getLong("mailbox_id")),
                                new UidValidity(row.getLong("uid_validity")),
                                change(row)));
                    }
                    return outcomes;
                }
            }
        });
    }
}
