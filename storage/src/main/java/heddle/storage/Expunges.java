package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidCondition;
import heddle.storage.sql.UidRanges;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/**
 * Removes messages that are marked {@code \Deleted} (RFC 3501 §6.4.3, RFC 4315 §2.1). Their rows stay until the sweeper
 * comes, for sessions that have not been told (RFC 2180).
 */
public final class Expunges {
    private static final String EXPUNGE = """
            SELECT 1 FROM mailbox WHERE account_id = ? AND mailbox_id = ? FOR UPDATE;
            WITH box AS (
                SELECT account_id, mailbox_id, highest_modseq + 1 AS modseq
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id = ? AND deleted_at IS NULL AND epoch = ?
            ), gone AS (
                UPDATE message m
                   SET expunged_at = now(), modseq = box.modseq
                  FROM box
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s
                   AND m.expunged_at IS NULL AND m.flags & 8 <> 0
                RETURNING m.uid, m.size, m.flags
            ), counted AS (
                SELECT CASE count(*) WHEN ? THEN ?::int8multirange
                       ELSE (SELECT range_agg(int8range(uid, uid + 1)) FROM gone) END AS uids,
                       count(*) AS messages, sum(size) AS bytes, count(*) FILTER (WHERE flags & 1 = 0) AS unseen
                  FROM gone
                HAVING count(*) > 0
            ), moved AS (
                UPDATE mailbox m
                   SET highest_modseq = m.highest_modseq + 1, messages = m.messages - c.messages, bytes = m.bytes - c.bytes,
                       unseen = m.unseen - c.unseen, deleted = m.deleted - c.messages
                  FROM counted c
                 WHERE m.account_id = ? AND m.mailbox_id = ?
                RETURNING m.highest_modseq
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, operation, uids)
                SELECT box.account_id, box.mailbox_id, box.modseq, ?, ?, counted.uids
                  FROM box, counted
            ), noted AS (
                INSERT INTO expunged (account_id, mailbox_id, modseq, uids)
                SELECT box.account_id, box.mailbox_id, box.modseq, counted.uids
                  FROM box, counted
            )
            SELECT box.modseq, coalesce(counted.messages, 0) AS gone FROM box LEFT JOIN counted ON true
            """;

    private final Database database;
    private final Changes changes;
    private final Epochs epochs;
    private final Snapshots snapshots;
    private final Feed feed;

    Expunges(Database database, Changes changes, Epochs epochs, Snapshots snapshots, Feed feed) {
        this.database = database;
        this.changes = changes;
        this.epochs = epochs;
        this.snapshots = snapshots;
        this.feed = feed;
    }

    /**
     * What an EXPUNGE did.
     *
     * @param modSeq the mailbox's, afterwards
     * @param change empty when there was nothing to expunge, or the journal has been trimmed meanwhile
     */
    public record Expunged(ModSeq modSeq, Optional<Change> change) {}

    /**
     * Expunges those of these messages that are marked {@code \Deleted}, all at once.
     *
     * @throws StorageException {@code NOT_FOUND} or {@code UNAVAILABLE}
     */
    public Expunged expunge(MailboxId mailbox, UidSet uids) {
        UUID operation = Changes.newOperation();
        Expunged expunged = changes.settle(
                mailbox.account(),
                operation,
                () -> database.runAtomic(connection -> expunge(connection, mailbox, uids, operation)),
                outcomes -> {
                    Change change = outcomes.getFirst().change();
                    return new Expunged(change.modSeq(), Optional.of(change));
                });
        expunged.change().ifPresent(change -> {
            snapshots.committed(mailbox, change);
            feed.announce(mailbox, change.modSeq());
        });
        return expunged;
    }

    private Expunged expunge(Connection connection, MailboxId mailbox, UidSet uids, UUID operation)
            throws SQLException {
        String sql = EXPUNGE.formatted(UidCondition.of(uids));
        try (PreparedStatement expunge = connection.prepareStatement(sql)) {
            long account = mailbox.account().value();
            expunge.setLong(1, account);
            expunge.setLong(2, mailbox.value());
            expunge.setLong(3, account);
            expunge.setLong(4, mailbox.value());
            expunge.setLong(6, account);
            expunge.setLong(7, mailbox.value());
            int at = UidCondition.bind(expunge, 8, uids);
            expunge.setLong(at++, uids.size());
            expunge.setString(at++, UidRanges.format(uids));
            expunge.setLong(at++, account);
            expunge.setLong(at++, mailbox.value());
            expunge.setInt(at++, Change.Kind.EXPUNGED.number());
            expunge.setObject(at, operation);
            // Asked twice: a mailbox of an older epoch jumps first (DESIGN §4 rule 5).
            for (int attempt = 1; attempt <= 2; attempt++) {
                expunge.setInt(5, epochs.current());
                expunge.execute();
                expunge.getMoreResults();
                try (ResultSet row = expunge.getResultSet()) {
                    if (row.next()) {
                        return expunged(connection, row, mailbox, uids);
                    }
                }
                epochs.jump(connection, mailbox);
            }
        }
        throw Mailboxes.noSuchMailbox();
    }

    private static Expunged expunged(Connection connection, ResultSet row, MailboxId mailbox, UidSet asked)
            throws SQLException {
        long next = row.getLong("modseq");
        long count = row.getLong("gone");
        if (count == 0) {
            return new Expunged(new ModSeq(next - 1), Optional.empty());
        }
        var modSeq = new ModSeq(next);
        Optional<UidSet> gone = count == asked.size() ? Optional.of(asked) : Changes.uids(connection, mailbox, modSeq);
        return new Expunged(modSeq, gone.map(uids -> Change.of(modSeq, Change.Kind.EXPUNGED, uids, 0)));
    }
}
