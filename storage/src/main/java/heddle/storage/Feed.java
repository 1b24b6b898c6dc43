package heddle.storage;

import heddle.protocol.ModSeq;
import heddle.storage.sql.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells sessions that something happened in a mailbox they watch. What is told is a hint: the journal is the truth. What
 * this pod commits is told at once; what others commit, and what was missed, is found by asking for all watched mailboxes
 * in one query every few seconds (DESIGN §6).
 */
public final class Feed implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Feed.class.getName());

    /** Told of changes; must return at once. */
    public interface Watcher {
        /** Something was committed, up to this modseq or further. */
        void changed(ModSeq modSeq);

        /** The mailbox is deleted. */
        void deleted();
    }

    /** Ends the watch when closed. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /** One watched mailbox. */
    private static final class Watched {
        final CopyOnWriteArrayList<Watcher> watchers = new CopyOnWriteArrayList<>();
        volatile long told;
    }

    private final Database database;
    private final Duration interval;
    private final Map<MailboxId, Watched> watched = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param interval how long a change by another pod may go unnoticed */
    Feed(Database database, Duration interval) {
        this.database = database;
        this.interval = interval;
    }

    /** Starts to look after what others commit. */
    void start() {
        Thread.ofVirtual().name("feed").start(this::poll);
    }

    /** Registers interest; to be done before the state is read that the changes are seen against. */
    public Watch watch(MailboxId mailbox, Watcher watcher) {
        watched.compute(mailbox, (id, present) -> {
            Watched entry = present == null ? new Watched() : present;
            entry.watchers.add(watcher);
            return entry;
        });
        return () -> watched.computeIfPresent(mailbox, (id, entry) -> {
            entry.watchers.remove(watcher);
            return entry.watchers.isEmpty() ? null : entry;
        });
    }

    /** Says that this pod has committed a change. */
    void announce(MailboxId mailbox, ModSeq modSeq) {
        Watched entry = watched.get(mailbox);
        if (entry != null) {
            entry.told = Math.max(entry.told, modSeq.value());
            entry.watchers.forEach(watcher -> watcher.changed(modSeq));
        }
    }

    /** Says that a mailbox is deleted. */
    void deleted(MailboxId mailbox) {
        Watched entry = watched.get(mailbox);
        if (entry != null) {
            entry.watchers.forEach(Watcher::deleted);
        }
    }

    private void poll() {
        while (!closed) {
            LockSupport.parkNanos(interval.toNanos());
            try {
                if (!watched.isEmpty() && !closed) {
                    ask();
                }
            } catch (StorageException away) {
                LOG.log(System.Logger.Level.DEBUG, "cannot ask for changes", away);
            } catch (RuntimeException bug) {
                LOG.log(System.Logger.Level.ERROR, "asking for changes failed", bug);
            }
        }
    }

    private void ask() {
        Map<Long, MailboxId> ids = new HashMap<>();
        watched.keySet().forEach(id -> ids.put(id.value(), id));
        Set<MailboxId> gone = new HashSet<>(ids.values());
        String sql = """
                SELECT m.mailbox_id, m.highest_modseq
                  FROM unnest(?::bigint[], ?::bigint[]) AS watched(account_id, mailbox_id)
                  JOIN mailbox m USING (account_id, mailbox_id)
                 WHERE m.deleted_at IS NULL
                """;
        Map<MailboxId, Long> now = database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setObject(
                        1,
                        ids.values().stream()
                                .mapToLong(id -> id.account().value())
                                .toArray());
                select.setObject(
                        2, ids.values().stream().mapToLong(MailboxId::value).toArray());
                Map<MailboxId, Long> found = new HashMap<>();
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        MailboxId id = ids.get(row.getLong(1));
                        if (id != null) {
                            found.put(id, row.getLong(2));
                        }
                    }
                }
                return found;
            }
        });
        gone.removeAll(now.keySet());
        now.forEach((mailbox, modSeq) -> {
            Watched entry = watched.get(mailbox);
            if (entry != null && entry.told < modSeq) {
                announce(mailbox, new ModSeq(modSeq));
            }
        });
        gone.forEach(this::deleted);
    }

    @Override
    public void close() {
        closed = true;
    }
}
