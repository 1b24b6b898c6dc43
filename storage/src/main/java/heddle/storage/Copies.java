package heddle.storage;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.storage.Account.Quota;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidCondition;
import heddle.storage.sql.UidRanges;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Copies and moves messages between mailboxes of one account (RFC 3501 §6.4.7, RFC 6851): content is shared, only rows
 * are made. Both mailboxes are locked before either is read (DESIGN §4 rule 2).
 */
public final class Copies {
    private static final String COPY = """
            WITH target AS (
                SELECT uid_next, highest_modseq + 1 AS modseq
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id = ?
            ), picked AS (
                SELECT m.uid, target.uid_next - 1 + row_number() OVER (ORDER BY m.uid) AS new_uid, target.modseq,
                       m.content_id, m.size, m.internal_date, m.internal_offset, m.flags, m.keywords, m.trace
                  FROM target, message m
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s
                   AND (? OR m.expunged_at IS NULL)
            ), copied AS (
                INSERT INTO message (account_id, mailbox_id, uid, modseq, content_id, size, internal_date, internal_offset,
                        flags, keywords, trace)
                SELECT ?, ?, new_uid, modseq, content_id, size, internal_date, internal_offset, flags,
                       CASE WHEN keywords IS NULL THEN NULL ELSE
                           (SELECT array_agg(named.to_number ORDER BY named.to_number)
                              FROM unnest(keywords) AS k
                              JOIN unnest(?::integer[], ?::integer[]) AS named(from_number, to_number)
                                ON named.from_number = k) END,
                       trace
                  FROM picked
            ), counted AS (
                SELECT count(*) AS messages, sum(size) AS bytes, count(*) FILTER (WHERE flags & 1 = 0) AS unseen,
                       count(*) FILTER (WHERE flags & 8 <> 0) AS deleted
                  FROM picked
                HAVING count(*) > 0
            ), moved AS (
                UPDATE mailbox m
                   SET uid_next = m.uid_next + c.messages, highest_modseq = m.highest_modseq + 1,
                       messages = m.messages + c.messages, bytes = m.bytes + c.bytes,
                       unseen = m.unseen + c.unseen, deleted = m.deleted + c.deleted
                  FROM counted c
                 WHERE m.account_id = ? AND m.mailbox_id = ?
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, operation, uids)
                SELECT ?, ?, target.modseq, ?, ?, int8multirange(int8range(uid_next, uid_next + counted.messages))
                  FROM target, counted
            )
            SELECT target.uid_next, target.modseq, coalesce(counted.messages, 0) AS messages,
                   CASE WHEN counted.messages <> ? THEN
                       (SELECT range_agg(int8range(uid, uid + 1)) FROM picked)::text END AS uids
              FROM target LEFT JOIN counted ON true
            """;

    private static final String LEAVE = """
            WITH box AS (
                SELECT account_id, mailbox_id, highest_modseq + 1 AS modseq
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id = ?
            ), gone AS (
                UPDATE message m
                   SET expunged_at = now(), modseq = box.modseq
                  FROM box
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s AND m.expunged_at IS NULL
                RETURNING m.size, m.flags
            ), counted AS (
                SELECT count(*) AS messages, coalesce(sum(size), 0) AS bytes,
                       count(*) FILTER (WHERE flags & 1 = 0) AS unseen, count(*) FILTER (WHERE flags & 8 <> 0) AS deleted
                  FROM gone
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, operation, uids)
                SELECT account_id, mailbox_id, modseq, ?, ?, ?::int8multirange
                  FROM box
            ), noted AS (
                INSERT INTO expunged (account_id, mailbox_id, modseq, uids)
                SELECT account_id, mailbox_id, modseq, ?::int8multirange
                  FROM box
            )
            UPDATE mailbox m
               SET highest_modseq = m.highest_modseq + 1, messages = m.messages - c.messages, bytes = m.bytes - c.bytes,
                   unseen = m.unseen - c.unseen, deleted = m.deleted - c.deleted
              FROM counted c
             WHERE m.account_id = ? AND m.mailbox_id = ?
            RETURNING m.highest_modseq
            """;

    private final Database database;
    private final Changes changes;
    private final Epochs epochs;
    private final Feed feed;

    Copies(Database database, Changes changes, Epochs epochs, Feed feed) {
        this.database = database;
        this.changes = changes;
        this.epochs = epochs;
        this.feed = feed;
    }

    /**
     * What COPY or MOVE did.
     *
     * @param from UIDs in the source, in the order of {@code to}
     * @param to UIDs in the target
     * @param gone the change of the source, for MOVE
     */
    public record Copied(
            MailboxId target, UidValidity validity, UidSet from, UidSet to, ModSeq modSeq, Optional<Change> gone) {}

    /**
     * Copies all of these messages or none, expunged ones too as long as their rows are kept (RFC 2180 §4.4.1).
     *
     * @throws StorageException {@code NOT_FOUND}, {@code EXPUNGED} when one of them is no longer kept, {@code OVER_QUOTA},
     *     {@code LIMIT} or {@code UNAVAILABLE}
     */
    public Copied copy(MailboxId source, Mailbox target, UidSet uids, Quota quota) {
        UUID operation = Changes.newOperation();
        Copied copied = changes.settle(
                source.account(),
                operation,
                () -> database.transaction(connection -> {
                    Locks.Held held = lock(connection, source, target.id());
                    Copied done = copy(connection, held, target, uids, operation, true);
                    if (done.from.size() < uids.size()) {
                        throw new StorageException(Reason.EXPUNGED, "some of these messages no longer exist");
                    }
                    checkQuota(connection, source.account(), quota);
                    return done;
                }),
                outcomes -> recovered(target, uids, outcomes));
        announce(source, copied);
        return copied;
    }

    /**
     * Moves those of these messages that are still there, all at once: no other session ever sees one twice, or not at
     * all.
     *
     * @throws StorageException {@code NOT_FOUND}, {@code LIMIT} or {@code UNAVAILABLE}
     */
    public Copied move(MailboxId source, Mailbox target, UidSet uids) {
        UUID operation = Changes.newOperation();
        Copied moved = changes.settle(
                source.account(),
                operation,
                () -> database.transaction(connection -> {
                    return move(connection, lock(connection, source, target.id()), target, uids, operation);
                }),
                outcomes -> recovered(target, uids, outcomes));
        announce(source, moved);
        return moved;
    }

    /** Tells the sessions; to be called after COMMIT. */
    void announce(MailboxId source, Copied copied) {
        feed.announce(copied.target, copied.modSeq);
        copied.gone.ifPresent(change -> feed.announce(source, change.modSeq()));
    }

    /** Takes both; {@return the source} */
    private Locks.Held lock(Connection connection, MailboxId source, MailboxId target) throws SQLException {
        return epochs.take(connection, source, target).getFirst();
    }

    /** Moves inside a transaction that holds both mailboxes. */
    Copied move(Connection connection, Locks.Held source, Mailbox target, UidSet uids, UUID operation)
            throws SQLException {
        Copied copied = copy(connection, source, target, uids, operation, false);
        if (copied.from.isEmpty()) {
            return copied;
        }
        // A move into the mailbox itself: the copies are not in the set, and both changes have their own modseq.
        Change gone = leave(connection, source.mailbox(), copied.from, operation);
        return new Copied(copied.target, copied.validity, copied.from, copied.to, copied.modSeq, Optional.of(gone));
    }

    /** Expunges messages that are there, {@code \Deleted} or not, inside a transaction that holds the mailbox. */
    static Change leave(Connection connection, MailboxId source, UidSet uids, UUID operation) throws SQLException {
        try (PreparedStatement leave = connection.prepareStatement(LEAVE.formatted(UidCondition.of(uids)))) {
            leave.setLong(1, source.account().value());
            leave.setLong(2, source.value());
            leave.setLong(3, source.account().value());
            leave.setLong(4, source.value());
            int at = UidCondition.bind(leave, 5, uids);
            String ranges = UidRanges.format(uids);
            leave.setInt(at++, Change.Kind.EXPUNGED.number());
            leave.setObject(at++, operation);
            leave.setString(at++, ranges);
            leave.setString(at++, ranges);
            leave.setLong(at++, source.account().value());
            leave.setLong(at, source.value());
            try (ResultSet row = leave.executeQuery()) {
                row.next();
                return Change.of(new ModSeq(row.getLong(1)), Change.Kind.EXPUNGED, uids, 0);
            }
        }
    }

    private static Copied copy(
            Connection connection, Locks.Held source, Mailbox target, UidSet uids, UUID operation, boolean alsoExpunged)
            throws SQLException {
        Map<Integer, Integer> keywords =
                source.keywords() == 0 ? Map.of() : keywords(connection, source.mailbox(), target.id(), uids);
        long account = source.mailbox().account().value();
        try (PreparedStatement copy = connection.prepareStatement(COPY.formatted(UidCondition.of(uids)))) {
            copy.setLong(1, account);
            copy.setLong(2, target.id().value());
            copy.setLong(3, account);
            copy.setLong(4, source.mailbox().value());
            int at = UidCondition.bind(copy, 5, uids);
            copy.setBoolean(at++, alsoExpunged);
            copy.setLong(at++, account);
            copy.setLong(at++, target.id().value());
            copy.setObject(
                    at++, keywords.keySet().stream().mapToInt(Integer::intValue).toArray());
            copy.setObject(
                    at++, keywords.values().stream().mapToInt(Integer::intValue).toArray());
            copy.setLong(at++, account);
            copy.setLong(at++, target.id().value());
            copy.setLong(at++, account);
            copy.setLong(at++, target.id().value());
            copy.setInt(at++, Change.Kind.ARRIVED_WITH_VARIOUS_FLAGS.number());
            copy.setObject(at++, operation);
            copy.setLong(at, uids.size());
            try (ResultSet row = copy.executeQuery()) {
                row.next();
                long first = row.getLong("uid_next");
                long count = row.getLong("messages");
                if (count == 0) {
                    return new Copied(
                            target.id(),
                            target.uidValidity(),
                            UidSet.EMPTY,
                            UidSet.EMPTY,
                            new ModSeq(row.getLong("modseq") - 1),
                            Optional.empty());
                }
                var modSeq = new ModSeq(row.getLong("modseq"));
                UidSet from = count == uids.size() ? uids : UidRanges.parse(row.getString("uids"));
                UidSet to = UidSet.range(first, first + count - 1);
                return new Copied(target.id(), target.uidValidity(), from, to, modSeq, Optional.empty());
            }
        }
    }

    /** {@return the target's number for each of the source's that these messages carry} */
    private static Map<Integer, Integer> keywords(
            Connection connection, MailboxId source, MailboxId target, UidSet uids) throws SQLException {
        String sql = """
                SELECT DISTINCT k.number, k.name
                  FROM keyword k
                  JOIN message m ON m.account_id = ? AND m.mailbox_id = ? AND k.number = ANY (m.keywords)
                 WHERE k.account_id = ? AND k.mailbox_id = ? AND %s
                """.formatted(UidCondition.of(uids));
        var names = new LinkedHashMap<Integer, Flag.Keyword>();
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, source.account().value());
            select.setLong(2, source.value());
            select.setLong(3, source.account().value());
            select.setLong(4, source.value());
            UidCondition.bind(select, 5, uids);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    names.put(row.getInt(1), new Flag.Keyword(row.getString(2)));
                }
            }
        }
        Map<Flag.Keyword, Integer> defined = Keywords.define(connection, target, names.values());
        var numbers = new LinkedHashMap<Integer, Integer>();
        names.forEach((from, name) -> {
            Integer to = defined.get(name);
            if (to != null) {
                numbers.put(from, to);
            }
        });
        return numbers;
    }

    static void checkQuota(Connection connection, AccountId account, Quota quota) throws SQLException {
        if (quota.bytes().isPresent()
                && Accounts.usedBytes(connection, account) > quota.bytes().getAsLong()) {
            throw new StorageException(Reason.OVER_QUOTA, "the account would be over its quota");
        }
    }

    /** The journal tells where the copies went; the source's UIDs are those asked for, or those that are gone. */
    private static Copied recovered(Mailbox target, UidSet uids, List<Changes.Outcome> outcomes) {
        Optional<Change> gone = Optional.empty();
        var arrived = new ArrayList<Change>();
        for (Changes.Outcome outcome : outcomes) {
            if (outcome.change().kind() == Change.Kind.EXPUNGED) {
                gone = Optional.of(outcome.change());
            } else {
                arrived.add(outcome.change());
            }
        }
        Change copies = arrived.getFirst();
        return new Copied(
                target.id(),
                target.uidValidity(),
                gone.map(Change::uids).orElse(uids),
                copies.uids(),
                copies.modSeq(),
                gone);
    }
}
