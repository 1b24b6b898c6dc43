package heddle.storage;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.storage.Account.Quota;
import heddle.storage.Contents.Chunk;
import heddle.storage.Contents.Prepared;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Stores new messages (RFC 3501 §6.3.11, RFC 3502, RFC 8508). */
public final class Messages {
    /**
     * Gives out UIDs and one modseq, and counts. This is the last lock that an append takes, and it reads nothing but the
     * row it changes, so it may be one statement with what follows it (DESIGN §4 rules 1 and 3).
     */
    private static final String TAKE_UIDS = """
            UPDATE mailbox
               SET uid_next = uid_next + ?, highest_modseq = highest_modseq + 1,
                   messages = messages + ?, bytes = bytes + ?, unseen = unseen + ?, deleted = deleted + ?
             WHERE account_id = ? AND name = ? AND deleted_at IS NULL AND epoch = ? AND uid_next + ? <= 4294967296
            RETURNING mailbox_id, uid_validity, uid_next AS next_uid, highest_modseq
            """;

    private static final int TAKE_PARAMETERS = 9;

    /**
     * Content, body, UID, message and journal in one round trip, which is one transaction. Without a mailbox the message
     * gets no number, which its table refuses, so that no content is left behind.
     */
    private static final String APPEND_ONE =
            Contents.INSERT_CONTENT + ";" + Contents.INSERT_BODY + ";" + "WITH target AS (" + TAKE_UIDS + """
            ), stored AS (
                INSERT INTO message (account_id, mailbox_id, uid, modseq, content_id, size, internal_date, internal_offset,
                        flags, trace)
                SELECT ?, mailbox_id, next_uid - 1, highest_modseq, ?, ?, ?, ?, ?, ?
                  FROM (VALUES (1)) AS always LEFT JOIN target ON true
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, operation, uids)
                SELECT ?, mailbox_id, highest_modseq, ?, ?, ?, int8multirange(int8range(next_uid - 1, next_uid))
                  FROM target
            )
            SELECT mailbox_id, uid_validity, next_uid, highest_modseq FROM target
            """;

    private static final String INSERT_MESSAGE = """
            INSERT INTO message (account_id, mailbox_id, uid, modseq, content_id, size, internal_date, internal_offset,
                    flags, keywords, trace)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, '{}'), ?)
            """;

    private static final String NOT_NULL_VIOLATION = "23502";

    private final Database database;
    private final Contents contents;
    private final Changes changes;
    private final Epochs epochs;
    private final Snapshots snapshots;
    private final Feed feed;

    Messages(Database database, Contents contents, Changes changes, Epochs epochs, Snapshots snapshots, Feed feed) {
        this.database = database;
        this.contents = contents;
        this.changes = changes;
        this.epochs = epochs;
        this.snapshots = snapshots;
        this.feed = feed;
    }

    /** What an append took from the mailbox. */
    private record Taken(MailboxId mailbox, UidValidity validity, long firstUid, ModSeq modSeq) {
        UidSet uids(int count) {
            return UidSet.range(firstUid, firstUid + count - 1);
        }
    }

    /**
     * Stores all of these messages, with UIDs that rise in their order, or none of them.
     *
     * @param messages at least one
     * @param quota of the account, as it was when the user came
     * @throws StorageException {@code NOT_FOUND}, {@code OVER_QUOTA}, {@code LIMIT} (keywords or UIDs used up) or
     *     {@code UNAVAILABLE}; nothing is stored then, unless the database could not even be asked whether it is
     * @throws IOException when a message cannot be read
     */
    public Appended append(AccountId account, MailboxName mailbox, List<NewMessage> messages, Quota quota)
            throws IOException {
        checkQuota(account, messages, quota);
        UUID operation = Changes.newOperation();
        Taken taken;
        if (messages.size() == 1 && isPlain(messages.getFirst())) {
            taken = appendPlain(account, mailbox, messages.getFirst(), operation);
        } else {
            taken = appendAll(account, mailbox, messages, operation);
        }
        feed.announce(taken.mailbox, taken.modSeq);
        return new Appended(taken.mailbox, taken.validity, taken.uids(messages.size()));
    }

    /**
     * What REPLACE did.
     *
     * @param modSeq of the mailbox with the new message
     * @param gone the change of the source
     */
    public record Replaced(Appended appended, ModSeq modSeq, Change gone) {}

    /**
     * Stores a message and expunges another one, both or neither (RFC 8508 §3.4).
     *
     * @param source where the other one is
     * @param target where the message goes; it may be the same mailbox
     * @throws StorageException {@code EXPUNGED} when the other one is gone already; else as {@link #append}, the quota
     *     counted without the one that goes
     */
    public Replaced replace(MailboxId source, Uid replaced, Mailbox target, NewMessage message, Quota quota)
            throws IOException {
        UUID operation = Changes.newOperation();
        Prepared prepared = contents.prepare(message.content());
        try {
            Replaced done = changes.settle(
                    source.account(),
                    operation,
                    () -> database.transaction(connection ->
                            replace(connection, source, replaced, target, message, prepared, quota, operation)),
                    Messages::replaced);
            feed.announce(done.appended.mailbox(), done.modSeq);
            feed.announce(source, done.gone.modSeq());
            return done;
        } catch (UncheckedIOException broken) { // from the message, while it was being stored
            throw broken.getCause();
        }
    }

    /** Whether one chunk and no keyword will do: nearly every message. */
    private static boolean isPlain(NewMessage message) {
        return message.content().size() <= Contents.CHUNK
                && message.flags().stream().allMatch(flag -> flag instanceof Flag.Standard);
    }

    private void checkQuota(AccountId account, List<NewMessage> messages, Quota quota) {
        if (quota.bytes().isEmpty()) {
            return;
        }
        long added = messages.stream().mapToLong(NewMessage::size).sum();
        long used = database.run(connection -> Accounts.usedBytes(connection, account));
        if (used + added > quota.bytes().getAsLong()) {
            throw new StorageException(Reason.OVER_QUOTA, "the account would be over its quota");
        }
    }

    private Taken appendPlain(AccountId account, MailboxName mailbox, NewMessage message, UUID operation)
            throws IOException {
        Prepared prepared = contents.prepare(message.content());
        Chunk chunk;
        try (InputStream bytes = message.content().open()) {
            chunk = Contents.read(bytes);
        }
        Optional<Taken> taken = changes.settle(
                account,
                operation,
                () -> database.runAtomic(
                        connection -> appendPlain(connection, account, mailbox, message, prepared, chunk, operation)),
                outcomes -> Optional.of(taken(outcomes)));
        // No such mailbox, or a name that another session is just changing, or an older epoch: the long way tells.
        if (taken.isEmpty()) {
            return appendAll(account, mailbox, List.of(message), operation);
        }
        Change arrived =
                Change.of(taken.get().modSeq, Change.Kind.ARRIVED, taken.get().uids(1), FlagBits.of(message.flags()));
        snapshots.committed(taken.get().mailbox, arrived);
        return taken.get();
    }

    private Optional<Taken> appendPlain(
            Connection connection,
            AccountId account,
            MailboxName mailbox,
            NewMessage message,
            Prepared prepared,
            Chunk chunk,
            UUID operation)
            throws SQLException {
        try (PreparedStatement append = connection.prepareStatement(APPEND_ONE)) {
            Contents.bindContent(append, 1, account, prepared);
            int at = 1 + Contents.CONTENT_PARAMETERS;
            Contents.bindChunk(append, at, account, prepared.id(), 0, chunk);
            at += Contents.BODY_PARAMETERS;
            bindTake(append, at, account, mailbox, List.of(message));
            at += TAKE_PARAMETERS;
            int flags = FlagBits.of(message.flags());
            append.setLong(at++, account.value());
            append.setLong(at++, prepared.id());
            append.setLong(at++, message.size());
            bindInternalDate(append, at, message);
            at += 2;
            append.setInt(at++, flags);
            append.setBytes(at++, trace(message));
            append.setLong(at++, account.value());
            append.setInt(at++, Change.Kind.ARRIVED.number());
            append.setInt(at++, flags);
            append.setObject(at, operation);
            append.execute();
            append.getMoreResults();
            append.getMoreResults();
            try (ResultSet row = append.getResultSet()) {
                return row.next() ? Optional.of(taken(account, row, 1)) : Optional.empty();
            }
        } catch (SQLException failed) {
            if (NOT_NULL_VIOLATION.equals(failed.getSQLState())) {
                return Optional.empty();
            }
            throw failed;
        }
    }

    private Replaced replace(
            Connection connection,
            MailboxId source,
            Uid replaced,
            Mailbox target,
            NewMessage message,
            Prepared prepared,
            Quota quota,
            UUID operation)
            throws SQLException {
        AccountId account = source.account();
        contents.insert(connection, account, prepared, message.content());
        epochs.take(connection, source, target.id());
        requirePresent(connection, source, replaced);
        Taken taken = storeRows(connection, account, target.name(), List.of(message), List.of(prepared), operation);
        Change gone = Copies.leave(connection, source, UidSet.of(replaced.value()), operation);
        Copies.checkQuota(connection, account, quota);
        return new Replaced(new Appended(taken.mailbox, taken.validity, taken.uids(1)), taken.modSeq, gone);
    }

    private static void requirePresent(Connection connection, MailboxId mailbox, Uid uid) throws SQLException {
        String sql =
                "SELECT 1 FROM message WHERE account_id = ? AND mailbox_id = ? AND uid = ? AND expunged_at IS NULL";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, mailbox.account().value());
            select.setLong(2, mailbox.value());
            select.setLong(3, uid.value());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new StorageException(Reason.EXPUNGED, "this message no longer exists");
                }
            }
        }
    }

    private Taken appendAll(AccountId account, MailboxName mailbox, List<NewMessage> messages, UUID operation)
            throws IOException {
        var prepared = new ArrayList<Prepared>();
        for (NewMessage message : messages) {
            prepared.add(contents.prepare(message.content()));
        }
        try {
            return changes.settle(
                    account,
                    operation,
                    () -> database.transaction(
                            connection -> appendAll(connection, account, mailbox, messages, prepared, operation)),
                    Messages::taken);
        } catch (UncheckedIOException broken) { // from a message, while it was being stored
            throw broken.getCause();
        }
    }

    private Taken appendAll(
            Connection connection,
            AccountId account,
            MailboxName mailbox,
            List<NewMessage> messages,
            List<Prepared> prepared,
            UUID operation)
            throws SQLException {
        for (int i = 0; i < messages.size(); i++) {
            contents.insert(
                    connection, account, prepared.get(i), messages.get(i).content());
        }
        return storeRows(connection, account, mailbox, messages, prepared, operation);
    }

    /** Gives UIDs to messages whose contents are stored, and writes their rows and the journal's. */
    private Taken storeRows(
            Connection connection,
            AccountId account,
            MailboxName mailbox,
            List<NewMessage> messages,
            List<Prepared> prepared,
            UUID operation)
            throws SQLException {
        Taken taken = take(connection, account, mailbox, messages);
        var keywords = Keywords.define(
                connection,
                taken.mailbox,
                messages.stream()
                        .flatMap(message -> FlagBits.keywords(message.flags()).stream())
                        .toList());
        try (PreparedStatement insert = connection.prepareStatement(INSERT_MESSAGE)) {
            for (int i = 0; i < messages.size(); i++) {
                NewMessage message = messages.get(i);
                int[] numbers = Keywords.numbers(keywords, FlagBits.keywords(message.flags()));
                insert.setLong(1, account.value());
                insert.setLong(2, taken.mailbox.value());
                insert.setLong(3, taken.firstUid + i);
                insert.setLong(4, taken.modSeq.value());
                insert.setLong(5, prepared.get(i).id());
                insert.setLong(6, message.size());
                bindInternalDate(insert, 7, message);
                insert.setInt(9, FlagBits.of(message.flags()));
                insert.setObject(10, numbers);
                insert.setBytes(11, trace(message));
                insert.addBatch();
            }
            insert.executeBatch();
        }
        UidSet uids = taken.uids(messages.size());
        Change change = Change.of(taken.modSeq, Change.Kind.ARRIVED_WITH_VARIOUS_FLAGS, uids, 0);
        Changes.write(connection, taken.mailbox, change, operation);
        return taken;
    }

    private Taken take(Connection connection, AccountId account, MailboxName mailbox, List<NewMessage> messages)
            throws SQLException {
        try (PreparedStatement take = connection.prepareStatement(TAKE_UIDS)) {
            // Asked twice: a statement that waited for a rename sees the old name only (DESIGN §4 rule 8).
            for (int attempt = 1; attempt <= 2; attempt++) {
                bindTake(take, 1, account, mailbox, messages);
                try (ResultSet row = take.executeQuery()) {
                    if (row.next()) {
                        return taken(account, row, messages.size());
                    }
                }
                epochs.jump(connection, account);
            }
        }
        throw isFull(connection, account, mailbox, messages.size())
                ? new StorageException(Reason.LIMIT, "all UIDs of this mailbox are used up")
                : Mailboxes.noSuchMailbox();
    }

    private static boolean isFull(Connection connection, AccountId account, MailboxName mailbox, int count)
            throws SQLException {
        String sql = """
                SELECT 1
                  FROM mailbox
                 WHERE account_id = ? AND name = ? AND deleted_at IS NULL AND uid_next + ? > 4294967296
                """;
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, account.value());
            select.setString(2, mailbox.value());
            select.setInt(3, count);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private void bindTake(
            PreparedStatement statement, int first, AccountId account, MailboxName mailbox, List<NewMessage> messages)
            throws SQLException {
        long bytes = 0;
        int unseen = 0;
        int deleted = 0;
        for (NewMessage message : messages) {
            bytes += message.size();
            unseen += message.flags().contains(Flag.Standard.SEEN) ? 0 : 1;
            deleted += message.flags().contains(Flag.Standard.DELETED) ? 1 : 0;
        }
        int at = first;
        statement.setInt(at++, messages.size());
        statement.setInt(at++, messages.size());
        statement.setLong(at++, bytes);
        statement.setInt(at++, unseen);
        statement.setInt(at++, deleted);
        statement.setLong(at++, account.value());
        statement.setString(at++, mailbox.value());
        statement.setInt(at++, epochs.current());
        statement.setInt(at, messages.size());
    }

    private static byte @Nullable [] trace(NewMessage message) {
        return message.trace().length == 0 ? null : message.trace();
    }

    private static void bindInternalDate(PreparedStatement statement, int first, NewMessage message)
            throws SQLException {
        OffsetDateTime date =
                message.internalDate() == null ? OffsetDateTime.now(ZoneOffset.UTC) : message.internalDate();
        statement.setObject(first, date);
        statement.setInt(first + 1, date.getOffset().getTotalSeconds() / 60);
    }

    private static Taken taken(AccountId account, ResultSet row, int count) throws SQLException {
        return new Taken(
                new MailboxId(account, row.getLong("mailbox_id")),
                new UidValidity(row.getLong("uid_validity")),
                row.getLong("next_uid") - count,
                new ModSeq(row.getLong("highest_modseq")));
    }

    private static Taken taken(List<Changes.Outcome> outcomes) {
        Changes.Outcome outcome = outcomes.getFirst();
        Change change = outcome.change();
        return new Taken(outcome.mailbox(), outcome.validity(), change.uids().first(), change.modSeq());
    }

    private static Replaced replaced(List<Changes.Outcome> outcomes) {
        Changes.Outcome arrived = outcomes.stream()
                .filter(outcome -> outcome.change().kind() != Change.Kind.EXPUNGED)
                .findFirst()
                .orElseThrow();
        Change gone = outcomes.stream()
                .map(Changes.Outcome::change)
                .filter(change -> change.kind() == Change.Kind.EXPUNGED)
                .findFirst()
                .orElseThrow();
        var appended = new Appended(
                arrived.mailbox(), arrived.validity(), arrived.change().uids());
        return new Replaced(appended, arrived.change().modSeq(), gone);
    }
}
