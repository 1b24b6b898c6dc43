package heddle.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidCondition;
import heddle.storage.sql.UidRanges;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of the mailboxes that sessions of this pod look at, one for each. Any of them can be dropped and loaded
 * again at any time; however many sessions wait for one, it is loaded once.
 */
public final class Snapshots {
    /** More changes than this are not applied one by one: the mailbox is quicker to read. */
    private static final int MANY_CHANGES = 1000;

    /** Changes kept per mailbox, so that its other sessions need not read them again. */
    private static final int KEPT_CHANGES = 64;

    private static final int[] NO_KEYWORDS = {};

    private final Database database;
    private final Changes changes;
    private final Cache<MailboxId, Shared> cache;
    private final Counter hits;
    private final Counter advances;
    private final Counter loads;
    private final Timer loading;

    /** @param bytes how much memory they may take, roughly */
    Snapshots(Database database, Changes changes, long bytes, MeterRegistry registry) {
        this.database = database;
        this.changes = changes;
        Counter evictions = Counter.builder("heddle.snapshot.evictions")
                .description("Snapshots dropped because there was no room for them.")
                .register(registry);
        cache = Caffeine.newBuilder()
                .maximumWeight(bytes)
                .weigher((MailboxId id, Shared shared) -> shared.weight())
                .evictionListener((id, shared, cause) -> evictions.increment())
                .build();
        hits = requests(registry, "hit");
        advances = requests(registry, "advanced");
        loads = requests(registry, "loaded");
        loading = Timers.timer("heddle.snapshot.load", "Time to read a whole mailbox, when no snapshot is at hand.")
                .register(registry);
        Gauge.builder("heddle.snapshot.cache.entries", cache, Cache::estimatedSize)
                .description("Mailboxes of which a snapshot is kept.")
                .register(registry);
        Gauge.builder("heddle.snapshot.cache.size", cache, Snapshots::weight)
                .description("Memory of the snapshots, roughly.")
                .baseUnit("bytes")
                .register(registry);
    }

    private static Counter requests(MeterRegistry registry, String result) {
        return Counter.builder("heddle.snapshot.requests")
                .description("Snapshots asked for: at hand, brought up to date from the journal, or read anew.")
                .tag("result", result)
                .register(registry);
    }

    private static double weight(Cache<?, ?> cache) {
        OptionalLong weight = cache.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize())
                .orElse(OptionalLong.empty());
        return weight.orElse(0);
    }

    /** One mailbox: its newest snapshot, and how it came from the ones before. */
    private static final class Shared {
        final ReentrantLock lock = new ReentrantLock();
        volatile @Nullable Snapshot snapshot;
        final ArrayDeque<Change> recent = new ArrayDeque<>();

        /** How the last look at the database failed, if it did; guarded by the lock. */
        @Nullable
        Failure failure;

        int weight() {
            Snapshot current = snapshot;
            return current == null ? 200 : current.weight();
        }

        void remember(Change change) {
            recent.addLast(change);
            if (recent.size() > KEPT_CHANGES) {
                recent.removeFirst();
            }
        }
    }

    /**
     * What a look at the database ended with.
     *
     * @param at {@link System#nanoTime} when it was thrown
     */
    private record Failure(long at, StorageException thrown) {}

    /**
     * Looks at the database alone. Who has waited for another one to do so, and that one failed, fails as well: while the
     * database is silent, each would wait for as long again to find it out.
     */
    private static Snapshot alone(Shared shared, Supplier<Snapshot> look) {
        long asked = System.nanoTime();
        shared.lock.lock();
        try {
            if (shared.failure != null && shared.failure.at - asked > 0) {
                throw shared.failure.thrown;
            }
            return lookOnce(shared, look);
        } finally {
            shared.lock.unlock();
        }
    }

    private static Snapshot lookOnce(Shared shared, Supplier<Snapshot> look) {
        try {
            Snapshot seen = look.get();
            shared.failure = null;
            return seen;
        } catch (StorageException failed) {
            shared.failure = new Failure(System.nanoTime(), failed);
            throw failed;
        }
    }

    /**
     * {@return a snapshot at {@code wanted} or later}
     *
     * @param wanted a modseq that the mailbox is known to have reached
     * @throws StorageException {@code NOT_FOUND} when the mailbox is deleted meanwhile, {@code UNAVAILABLE}
     */
    public Snapshot at(MailboxId mailbox, ModSeq wanted) {
        Shared shared = shared(mailbox);
        Snapshot current = shared.snapshot;
        if (current != null && current.modSeq().value() >= wanted.value()) {
            hits.increment();
            return current;
        }
        current = alone(shared, () -> advance(mailbox, shared, wanted));
        cache.put(mailbox, shared); // weighed anew
        return current;
    }

    /** Brings the snapshot to {@code wanted} or later; the lock is held. */
    private Snapshot advance(MailboxId mailbox, Shared shared, ModSeq wanted) {
        Snapshot current = shared.snapshot;
        Counter result = hits;
        if (current != null && current.modSeq().value() < wanted.value()) {
            result = advances;
            current = forward(shared, current).orElse(null);
        }
        if (current == null) {
            result = loads;
            shared.recent.clear();
            current = loading.record(() -> load(mailbox));
        }
        result.increment();
        shared.snapshot = current;
        return current;
    }

    /** Takes over what a command of this pod has just committed, so that nobody has to read it. */
    void committed(MailboxId mailbox, Change change) {
        Shared shared = cache.getIfPresent(mailbox);
        if (shared == null) {
            return;
        }
        shared.lock.lock();
        try {
            Snapshot current = shared.snapshot;
            if (current != null
                    && current.modSeq().value() + 1 == change.modSeq().value()) {
                current.after(change).ifPresent(next -> {
                    shared.remember(change);
                    shared.snapshot = next;
                });
            }
        } finally {
            shared.lock.unlock();
        }
    }

    /**
     * {@return a snapshot at {@code wanted} or later that knows the modseq of each message}
     *
     * @param wanted a modseq that the mailbox is known to have reached
     * @throws StorageException as for {@link #at}
     */
    public Snapshot withModSeqs(MailboxId mailbox, ModSeq wanted) {
        Snapshot current = at(mailbox, wanted);
        if (current.hasModSeqs()) {
            return current;
        }
        Shared shared = shared(mailbox);
        current = alone(shared, () -> {
            Snapshot advanced = advance(mailbox, shared, wanted);
            while (!advanced.hasModSeqs()) {
                advanced = addModSeqs(mailbox, shared);
            }
            return advanced;
        });
        cache.put(mailbox, shared); // weighed anew
        return current;
    }

    /**
     * Reads the rows' modseqs, and lets snapshot and modseqs catch up with each other; without success only when so much
     * is changed meanwhile that the journal does not tell.
     */
    private Snapshot addModSeqs(MailboxId mailbox, Shared shared) {
        Read read = readModSeqs(mailbox);
        Snapshot current = advance(mailbox, shared, read.at);
        if (current.hasModSeqs()) {
            return current;
        }
        Optional<List<Change>> since = changes.since(mailbox, read.at, MANY_CHANGES);
        if (since.isPresent()) {
            ModSeqs modSeqs = read.modSeqs;
            for (Change change : upTo(since.get(), current.modSeq())) {
                modSeqs = modSeqs.after(change);
            }
            current = current.with(modSeqs);
            shared.snapshot = current;
        }
        return current;
    }

    /** All modseqs as they were at one moment. */
    private record Read(ModSeq at, ModSeqs modSeqs) {}

    /** One statement, so that the mailbox's modseq and its rows' are of the same moment. */
    private Read readModSeqs(MailboxId mailbox) {
        String sql = """
                SELECT b.highest_modseq, m.uids, m.modseqs
                  FROM mailbox b
                  LEFT JOIN LATERAL (
                      SELECT uid >> 10 AS page, array_agg(uid ORDER BY uid) AS uids, array_agg(modseq ORDER BY uid) AS modseqs
                        FROM message
                       WHERE account_id = ? AND mailbox_id = ? AND expunged_at IS NULL
                       GROUP BY uid >> 10) m ON true
                 WHERE b.account_id = ? AND b.mailbox_id = ? AND b.deleted_at IS NULL
                 ORDER BY m.page
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                try (ResultSet row = rows(select, mailbox)) {
                    var at = new ModSeq(row.getLong("highest_modseq"));
                    long least = Epochs.leastModSeq(at.value());
                    var modSeqs = new ModSeqs.Builder();
                    do {
                        if (row.getObject("uids") != null) {
                            Long[] uids = (Long[]) row.getArray("uids").getArray();
                            Long[] values = (Long[]) row.getArray("modseqs").getArray();
                            for (int i = 0; i < uids.length; i++) {
                                modSeqs.add(uids[i], Math.max(values[i], least));
                            }
                        }
                    } while (row.next());
                    return new Read(at, modSeqs.build());
                }
            }
        });
    }

    /**
     * What has changed in a mailbox, arrivals included.
     *
     * @param now what it has come to
     * @param modSeqs of the messages that have changed and are there
     */
    public record Changed(Snapshot now, ModSeqs modSeqs) {}

    /** {@return what has changed after {@code since}, seen from a snapshot at {@code wanted} or later} */
    public Changed changedSince(MailboxId mailbox, ModSeq since, ModSeq wanted) {
        Snapshot now = at(mailbox, wanted);
        if (!now.hasModSeqs()) {
            Optional<List<Change>> changes = between(mailbox, since, now.modSeq());
            if (changes.isPresent()) {
                return new Changed(now, ModSeqs.of(changes.get()));
            }
            now = withModSeqs(mailbox, wanted);
        }
        return new Changed(now, now.modSeqs().since(since));
    }

    /**
     * {@return the messages that were expunged after {@code since}, and perhaps some that were after {@code now}; empty when
     * the journal no longer tells}
     */
    public Optional<UidSet> expungedSince(Snapshot now, ModSeq since) {
        return since.value() >= now.modSeq().value()
                ? Optional.of(UidSet.EMPTY)
                : changes.expungedSince(now.mailbox(), since);
    }

    private Shared shared(MailboxId mailbox) {
        Shared present = cache.getIfPresent(mailbox);
        return present != null ? present : cache.asMap().computeIfAbsent(mailbox, id -> new Shared());
    }

    /**
     * {@return what happened in the mailbox after {@code seen} up to {@code until}, in order; empty when the journal no
     * longer tells}
     */
    public Optional<List<Change>> between(MailboxId mailbox, ModSeq seen, ModSeq until) {
        Optional<List<Change>> kept = kept(shared(mailbox), seen, until);
        return kept.isPresent()
                ? kept
                : changes.since(mailbox, seen, MANY_CHANGES).map(all -> upTo(all, until));
    }

    private static Optional<List<Change>> kept(Shared shared, ModSeq seen, ModSeq until) {
        shared.lock.lock();
        try {
            if (shared.recent.isEmpty()
                    || shared.recent.getFirst().modSeq().value() > seen.value() + 1
                    || shared.recent.getLast().modSeq().value() < until.value()) {
                return Optional.empty();
            }
            var all = new ArrayList<Change>();
            for (Change change : shared.recent) {
                if (change.modSeq().value() > seen.value() && change.modSeq().value() <= until.value()) {
                    all.add(change);
                }
            }
            return Optional.of(all);
        } finally {
            shared.lock.unlock();
        }
    }

    private static List<Change> upTo(List<Change> all, ModSeq until) {
        return all.stream()
                .filter(change -> change.modSeq().value() <= until.value())
                .toList();
    }

    /** {@return the snapshot that the journal leads to; empty when the mailbox must be read} */
    private Optional<Snapshot> forward(Shared shared, Snapshot from) {
        Snapshot current = from;
        long newestRow = 0;
        do {
            Optional<List<Change>> since = changes.since(from.mailbox(), current.modSeq(), MANY_CHANGES);
            if (since.isEmpty() || (newestRow > 0 && since.get().isEmpty())) {
                return Optional.empty();
            }
            for (Change change : since.get()) {
                Optional<Snapshot> next = current.after(change);
                if (next.isEmpty() && change.kind() == Change.Kind.ARRIVED_WITH_VARIOUS_FLAGS) {
                    Arrivals arrivals = readArrivals(current, change);
                    newestRow = Math.max(newestRow, arrivals.newestRow);
                    next = arrivals.after;
                }
                if (next.isEmpty()) {
                    return Optional.empty();
                }
                current = next.get();
                shared.remember(change);
            }
        } while (current.modSeq().value() < newestRow);
        return Optional.of(current);
    }

    /**
     * A snapshot with messages whose rows were read.
     *
     * @param after empty when the snapshot does not know all their keywords
     * @param newestRow the largest modseq of the rows: only there the snapshot is what the mailbox was at one moment
     */
    private record Arrivals(Optional<Snapshot> after, long newestRow) {}

    /**
     * Arrivals with various flags: their rows tell. Those may be newer than the change; the changes in between, applied
     * once more, lead to the same state.
     */
    private Arrivals readArrivals(Snapshot before, Change change) {
        String sql = """
                SELECT m.flags, m.keywords, array_agg(m.uid) AS uids, max(m.modseq) AS newest
                  FROM message m
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND %s
                 GROUP BY m.flags, m.keywords
                """.formatted(UidCondition.of(change.uids()));
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, before.mailbox().account().value());
                select.setLong(2, before.mailbox().value());
                UidCondition.bind(select, 3, change.uids());
                Snapshot next = before.withArrivals(change, 0, NO_KEYWORDS);
                long newest = 0;
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        newest = Math.max(newest, row.getLong("newest"));
                        int[] keywords = Keywords.read(row, "keywords");
                        UidSet some = UidRanges.array(row.getArray("uids"));
                        Change alike =
                                new Change(change.modSeq(), Change.Kind.ARRIVED, some, row.getInt("flags"), keywords);
                        Optional<Snapshot> after = next.after(alike);
                        if (after.isEmpty()) {
                            return new Arrivals(after, newest);
                        }
                        next = after.get();
                    }
                }
                return new Arrivals(Optional.of(next), newest);
            }
        });
    }

    /** Reads a mailbox with its rows; {@return the result, at its first row, of which there is one if the mailbox is there} */
    private static ResultSet rows(PreparedStatement select, MailboxId mailbox) throws SQLException {
        for (int at = 1; at <= 4; at += 2) {
            select.setLong(at, mailbox.account().value());
            select.setLong(at + 1, mailbox.value());
        }
        ResultSet row = select.executeQuery();
        if (!row.next()) {
            throw Mailboxes.noSuchMailbox();
        }
        return row;
    }

    /**
     * One statement, so that modseq and rows are of the same moment. The UIDs come in few large groups, of 8 bytes each: for
     * a million messages many small groups are sorted on disk, and an array is made of a million objects.
     */
    private Snapshot load(MailboxId mailbox) {
        String sql = """
                SELECT b.highest_modseq, b.uid_validity, b.keywords AS known, m.flags, m.keywords, m.uids
                  FROM mailbox b
                  LEFT JOIN LATERAL (
                      SELECT flags, keywords, string_agg(int8send(uid), '') AS uids
                        FROM message
                       WHERE account_id = ? AND mailbox_id = ? AND expunged_at IS NULL
                       GROUP BY flags, keywords) m ON true
                 WHERE b.account_id = ? AND b.mailbox_id = ? AND b.deleted_at IS NULL
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                try (ResultSet row = rows(select, mailbox)) {
                    var modSeq = new ModSeq(row.getLong("highest_modseq"));
                    var validity = new UidValidity(row.getLong("uid_validity"));
                    // Keywords are only ever added: read after the rows, they include all that the rows name.
                    List<Flag.Keyword> known = row.getInt("known") == 0 ? List.of() : Keywords.all(connection, mailbox);
                    var snapshot = new Snapshot.Builder(known);
                    do {
                        byte[] uids = row.getBytes("uids");
                        if (uids != null) {
                            snapshot.add(UidRanges.sent(uids), row.getInt("flags"), Keywords.read(row, "keywords"));
                        }
                    } while (row.next());
                    return snapshot.build(mailbox, validity, modSeq);
                }
            }
        });
    }
}
