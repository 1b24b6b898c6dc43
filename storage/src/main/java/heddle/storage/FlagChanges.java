package heddle.storage;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidCondition;
import heddle.storage.sql.UidRanges;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/** Changes flags (RFC 3501 §6.4.6). */
public final class FlagChanges {
    /** What STORE does with the flags it names. */
    public enum Mode {
        ADD,
        REMOVE,
        REPLACE
    }

    /**
     * Takes the mailbox, then changes, counts and logs in a statement that sees what the holder before committed: one
     * round trip, one transaction. Whatever is stored, flags become {@code flags & keep | add}.
     */
    private static final String STORE = """
            SELECT 1 FROM mailbox WHERE account_id = ? AND mailbox_id = ? FOR UPDATE;
            WITH box AS (
                SELECT account_id, mailbox_id, highest_modseq + 1 AS modseq
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id = ? AND deleted_at IS NULL AND epoch = ?
            ), %s, counted AS (
                SELECT CASE count(*) WHEN ? THEN ?::int8multirange
                       ELSE (SELECT range_agg(int8range(uid, uid + 1)) FROM changed) END AS uids,
                       count(*) AS changed, sum((before & 1) - (after & 1)) AS unseen,
                       sum((after >> 3 & 1) - (before >> 3 & 1)) AS deleted
                  FROM changed
                HAVING count(*) > 0
            ), moved AS (
                UPDATE mailbox m
                   SET highest_modseq = m.highest_modseq + 1, unseen = m.unseen + c.unseen, deleted = m.deleted + c.deleted
                  FROM counted c
                 WHERE m.account_id = ? AND m.mailbox_id = ?
                RETURNING m.highest_modseq
            ), logged AS (
                INSERT INTO change (account_id, mailbox_id, modseq, kind, flags, keywords, operation, uids)
                SELECT box.account_id, box.mailbox_id, box.modseq, ?, ?, nullif(?, '{}'), ?, counted.uids
                  FROM box, counted
            )
            SELECT box.modseq, coalesce(counted.changed, 0) AS changed FROM box LEFT JOIN counted ON true
            """;

    /** One flag, the usual case: what it was before is what it is not now, so that rows need not be read first. */
    private static final String CHANGE_ONE_FLAG = """
            changed AS (
                UPDATE message m
                   SET flags = m.flags & ? | ?, modseq = box.modseq
                  FROM box
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s
                   AND m.expunged_at IS NULL AND m.flags <> (m.flags & ? | ?)
                RETURNING m.uid, m.flags # ? AS before, m.flags AS after
            )""";

    private static final String CHANGE_FLAGS = """
            wanted AS (
                SELECT m.uid, m.flags AS before, m.flags & ? | ? AS after, m.keywords AS keywords_before,
                       nullif(ARRAY(SELECT k FROM unnest(m.keywords) AS k WHERE ? AND k <> ALL (?::integer[])
                                    UNION SELECT unnest(?::integer[]) ORDER BY 1), '{}') AS keywords_after
                  FROM message m
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s AND m.expunged_at IS NULL
            ), changed AS (
                UPDATE message m
                   SET flags = w.after, keywords = w.keywords_after, modseq = box.modseq
                  FROM wanted w, box
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid = w.uid
                   AND (w.before <> w.after OR w.keywords_before IS DISTINCT FROM w.keywords_after)
                RETURNING m.uid, w.before, w.after
            )""";

    /** Changes that are looked through for what they touched; with more, all they may have touched counts. */
    private static final int MANY_CHANGES = 1000;

    private static final int[] NO_KEYWORDS = {};

    private final Database database;
    private final Changes changes;
    private final Epochs epochs;
    private final Snapshots snapshots;
    private final Feed feed;
    private final Turns<MailboxId, Request, Stored> turns;

    FlagChanges(Database database, Changes changes, Epochs epochs, Snapshots snapshots, Feed feed) {
        this.database = database;
        this.changes = changes;
        this.epochs = epochs;
        this.snapshots = snapshots;
        this.feed = feed;
        var joint = new JointStores(database, epochs);
        turns = new Turns<>(JointStores::fits, (mailbox, stores) -> {
            List<Stored> stored = joint.store(mailbox, stores);
            committed(mailbox, stored);
            return stored;
        });
    }

    /**
     * What a STORE did.
     *
     * @param modSeq the mailbox's, afterwards
     * @param change empty when all messages had these flags already, or the journal has been trimmed meanwhile
     */
    public record Stored(ModSeq modSeq, Optional<Change> change) {}

    /**
     * What a STORE did that was to change only what the client knows.
     *
     * @param newer messages that had changed after the modseq that the client knows
     * @param spared those of them that were left as they are
     */
    public record Conditional(Stored stored, UidSet newer, UidSet spared) {}

    /**
     * Changes the flags of those of these messages that are not expunged: all at once, with one modseq.
     *
     * @throws StorageException {@code NOT_FOUND}, {@code LIMIT} (too many keywords) or {@code UNAVAILABLE}
     */
    public Stored store(MailboxId mailbox, UidSet uids, Mode mode, Set<Flag> flags) {
        List<Flag.Keyword> keywords = FlagBits.keywords(flags);
        var request = new Request(mailbox, Changes.newOperation(), uids, mode, FlagBits.of(flags), NO_KEYWORDS);
        if (keywords.isEmpty() && JointStores.isSmall(request)) {
            return settle(request, () -> turns.run(mailbox, request));
        }
        return settle(request, () -> {
            Stored stored = keywords.isEmpty()
                    ? database.runAtomic(connection -> store(connection, request))
                    : database.transaction(connection -> {
                        epochs.take(connection, mailbox, mailbox);
                        return store(connection, request.with(numbers(connection, request, keywords)));
                    });
            committed(mailbox, List.of(stored));
            return stored;
        });
    }

    private Stored settle(Request request, Supplier<Stored> attempt) {
        return changes.settle(request.mailbox.account(), request.operation, attempt, outcomes -> {
            Change change = outcomes.getFirst().change();
            var stored = new Stored(change.modSeq(), Optional.of(change));
            committed(request.mailbox, List.of(stored));
            return stored;
        });
    }

    /**
     * Changes flags as {@link #store} does, but spares messages that have changed after {@code since} (RFC 7162 §3.1.3). A
     * change that did not touch these flags is none (§3.1.12), unless they are to be replaced.
     *
     * @throws StorageException as {@link #store}
     */
    public Conditional storeUnchanged(MailboxId mailbox, UidSet uids, ModSeq since, Mode mode, Set<Flag> flags) {
        List<Flag.Keyword> keywords = FlagBits.keywords(flags);
        var request = new Request(mailbox, Changes.newOperation(), uids, mode, FlagBits.of(flags), NO_KEYWORDS);
        Conditional done = changes.settle(
                mailbox.account(),
                request.operation,
                () -> database.transaction(connection -> {
                    epochs.take(connection, mailbox, mailbox);
                    Request asked = request.with(numbers(connection, request, keywords));
                    UidSet newer = newer(connection, asked, since);
                    UidSet spared = spared(connection, asked, since, newer);
                    return new Conditional(store(connection, asked.without(spared)), newer, spared);
                }),
                outcomes -> {
                    Change change = outcomes.getFirst().change();
                    UidSet others = uids.andNot(change.uids());
                    return new Conditional(new Stored(change.modSeq(), Optional.of(change)), others, others);
                });
        committed(mailbox, List.of(done.stored));
        return done;
    }

    private static int[] numbers(Connection connection, Request request, List<Flag.Keyword> keywords)
            throws SQLException {
        var known = request.mode == Mode.REMOVE
                ? Keywords.known(connection, request.mailbox)
                : Keywords.define(connection, request.mailbox, keywords);
        return Keywords.numbers(known, keywords);
    }

    /**
     * {@return those of the newer messages whose flags, as far as the request names them, may not be what the client takes
     * them for}
     */
    private static UidSet spared(Connection connection, Request request, ModSeq since, UidSet newer)
            throws SQLException {
        if (newer.isEmpty() || request.mode == Mode.REPLACE) {
            return newer;
        }
        Optional<List<Change>> changes = Changes.since(connection, request.mailbox, since, MANY_CHANGES);
        if (changes.isEmpty()) {
            return newer;
        }
        return newer.and(UidSet.union(changes.get().stream()
                .filter(request::mayBeTouchedBy)
                .map(Change::uids)
                .toList()));
    }

    private static UidSet newer(Connection connection, Request request, ModSeq since) throws SQLException {
        String sql = """
                SELECT array_agg(m.uid) AS uids
                  FROM message m JOIN mailbox b ON b.account_id = m.account_id AND b.mailbox_id = m.mailbox_id
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s AND m.expunged_at IS NULL
                   AND greatest(m.modseq, %s) > ?
                """.formatted(UidCondition.of(request.uids), Epochs.LEAST_MODSEQ);
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, request.mailbox.account().value());
            select.setLong(2, request.mailbox.value());
            select.setLong(UidCondition.bind(select, 3, request.uids), since.value());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getObject("uids") == null ? UidSet.EMPTY : UidRanges.array(row.getArray("uids"));
            }
        }
    }

    private void committed(MailboxId mailbox, List<Stored> all) {
        for (Stored stored : all) {
            stored.change().ifPresent(change -> snapshots.committed(mailbox, change));
        }
        if (all.stream().anyMatch(stored -> stored.change().isPresent())) {
            feed.announce(mailbox, all.getLast().modSeq());
        }
    }

    /** What to change, in the terms of rows. */
    record Request(MailboxId mailbox, UUID operation, UidSet uids, Mode mode, int bits, int[] keywords) {
        Request with(int[] numbers) {
            return new Request(mailbox, operation, uids, mode, bits, numbers);
        }

        Request without(UidSet spared) {
            return new Request(mailbox, operation, uids.andNot(spared), mode, bits, keywords);
        }

        /** Whether a change may have set or cleared what this request is about. */
        boolean mayBeTouchedBy(Change change) {
            return switch (change.kind()) {
                case ARRIVED, ARRIVED_WITH_VARIOUS_FLAGS, FLAGS_REPLACED -> true;
                case FLAGS_ADDED, FLAGS_REMOVED ->
                    (change.flags() & bits) != 0
                            || Arrays.stream(keywords)
                                    .anyMatch(number -> Arrays.binarySearch(change.keywords(), number) >= 0);
                case EXPUNGED -> false;
            };
        }

        boolean isAboutOneFlag() {
            return keywords.length == 0 && mode != Mode.REPLACE && Integer.bitCount(bits) == 1;
        }

        /** {@return flags that stay as they are} */
        int keep() {
            return switch (mode) {
                case ADD -> ~0;
                case REMOVE -> ~bits;
                case REPLACE -> 0;
            };
        }

        /** {@return flags that are set} */
        int add() {
            return mode == Mode.REMOVE ? 0 : bits;
        }

        Change.Kind kind() {
            return switch (mode) {
                case ADD -> Change.Kind.FLAGS_ADDED;
                case REMOVE -> Change.Kind.FLAGS_REMOVED;
                case REPLACE -> Change.Kind.FLAGS_REPLACED;
            };
        }

        Change change(ModSeq modSeq, UidSet changed) {
            return new Change(modSeq, kind(), changed, bits, keywords);
        }
    }

    private Stored store(Connection connection, Request request) throws SQLException {
        String change = request.isAboutOneFlag() ? CHANGE_ONE_FLAG : CHANGE_FLAGS;
        String sql = STORE.formatted(change.formatted(UidCondition.of(request.uids)));
        try (PreparedStatement store = connection.prepareStatement(sql)) {
            // Asked twice: a mailbox of an older epoch jumps first (DESIGN §4 rule 5).
            for (int attempt = 1; attempt <= 2; attempt++) {
                bind(store, request);
                store.execute();
                store.getMoreResults();
                try (ResultSet row = store.getResultSet()) {
                    if (row.next()) {
                        return stored(connection, row, request);
                    }
                }
                epochs.jump(connection, request.mailbox);
            }
        }
        throw Mailboxes.noSuchMailbox();
    }

    private void bind(PreparedStatement store, Request request) throws SQLException {
        long account = request.mailbox.account().value();
        long mailbox = request.mailbox.value();
        int at = 1;
        store.setLong(at++, account);
        store.setLong(at++, mailbox);
        store.setLong(at++, account);
        store.setLong(at++, mailbox);
        store.setInt(at++, epochs.current());
        store.setInt(at++, request.keep());
        store.setInt(at++, request.add());
        if (!request.isAboutOneFlag()) {
            store.setBoolean(at++, request.mode != Mode.REPLACE);
            store.setObject(at++, request.mode == Mode.REMOVE ? request.keywords : NO_KEYWORDS);
            store.setObject(at++, request.mode == Mode.REMOVE ? NO_KEYWORDS : request.keywords);
        }
        store.setLong(at++, account);
        store.setLong(at++, mailbox);
        at = UidCondition.bind(store, at, request.uids);
        if (request.isAboutOneFlag()) {
            store.setInt(at++, request.keep());
            store.setInt(at++, request.add());
            store.setInt(at++, request.bits);
        } else {
            store.setLong(at++, account);
            store.setLong(at++, mailbox);
        }
        store.setLong(at++, request.uids.size());
        store.setString(at++, UidRanges.format(request.uids));
        store.setLong(at++, account);
        store.setLong(at++, mailbox);
        store.setInt(at++, request.kind().number());
        store.setInt(at++, request.bits);
        store.setObject(at++, request.keywords);
        store.setObject(at, request.operation);
    }

    private static Stored stored(Connection connection, ResultSet row, Request request) throws SQLException {
        long next = row.getLong("modseq");
        long count = row.getLong("changed");
        if (count == 0) {
            return new Stored(new ModSeq(next - 1), Optional.empty());
        }
        var modSeq = new ModSeq(next);
        Optional<UidSet> changed = count == request.uids.size()
                ? Optional.of(request.uids)
                : Changes.uids(connection, request.mailbox, modSeq);
        return new Stored(modSeq, changed.map(uids -> request.change(modSeq, uids)));
    }
}
