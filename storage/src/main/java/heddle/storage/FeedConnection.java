package heddle.storage;

import heddle.storage.sql.Database;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * The connection on which a pod hears what others announce. An announcement can be lost, so every few seconds what is
 * watched is asked for, mailboxes in one query and lists of them in another; of very much, a part at a time. That also shows
 * whether the connection still lives. On a new connection LISTEN comes first, then all is asked for: nothing is missed in
 * between (DESIGN §6).
 */
final class FeedConnection implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FeedConnection.class.getName());
    private static final Duration RETRY = Duration.ofMillis(250);

    /** Topics of one query: tens of milliseconds. */
    private static final int AT_ONCE = 10_000;

    private final Database database;
    private final Feed feed;
    private final Epochs epochs;
    private final Duration interval;
    private final Counter losses;
    private Iterator<Topic> rest = Collections.emptyIterator();
    private boolean isHearing;

    /** {@link System#nanoTime} when all that is watched was last asked for. */
    private volatile long asked = System.nanoTime();

    private volatile @Nullable Connection current;
    private volatile boolean closed;

    FeedConnection(Database database, Feed feed, Epochs epochs, Duration interval, MeterRegistry registry) {
        this.database = database;
        this.feed = feed;
        this.epochs = epochs;
        this.interval = interval;
        losses = Counter.builder("heddle.feed.reconnects")
                .description("How often the connection that hears of other pods' changes was lost.")
                .register(registry);
        Gauge.builder("heddle.feed.age", this, FeedConnection::age)
                .description("Time since all that is watched was last asked for: the most that a pod can be behind.")
                .baseUnit("seconds")
                .register(registry);
    }

    private double age() {
        return (System.nanoTime() - asked) / 1e9;
    }

    void start() {
        Thread.ofVirtual().name("feed").start(this::listenAlways);
    }

    private void listenAlways() {
        while (!closed) {
            try (Connection connection = database.connect("heddle feed")) {
                current = connection;
                listen(connection);
            } catch (SQLException lost) {
                if (!closed) {
                    lost(lost);
                }
            } catch (RuntimeException bug) {
                LOG.log(System.Logger.Level.ERROR, "hearing of changes failed", bug);
                lost(bug);
            }
        }
    }

    private void lost(Exception cause) {
        if (isHearing) {
            isHearing = false;
            losses.increment();
            LOG.log(System.Logger.Level.INFO, "lost the connection to other pods: {0}", cause.getMessage());
        }
        LockSupport.parkNanos(RETRY.toNanos());
    }

    private void listen(Connection connection) throws SQLException {
        try (Statement listen = connection.createStatement()) {
            listen.execute("LISTEN " + Announcer.CHANNEL);
        }
        PGConnection channel = connection.unwrap(PGConnection.class);
        askAll(connection);
        isHearing = true;
        long nextAsk = System.nanoTime() + interval.toNanos();
        while (!closed) {
            long left = TimeUnit.NANOSECONDS.toMillis(nextAsk - System.nanoTime());
            if (left <= 0) {
                askSome(connection);
                nextAsk = System.nanoTime() + interval.toNanos();
            } else if (!heard(channel.getNotifications((int) left))) {
                askAll(connection);
            }
        }
    }

    /** {@return false when there is one that says no more than: ask} */
    private boolean heard(PGNotification @Nullable [] notifications) {
        boolean saidAll = true;
        var announcements = new ArrayList<Announcement>();
        if (notifications != null) {
            for (PGNotification notification : notifications) {
                Announcement announcement = Announcement.parse(notification.getParameter())
                        .filter(understood -> !understood.topics().isEmpty())
                        .orElse(null);
                if (announcement == null) {
                    saidAll = false;
                } else {
                    announcements.add(announcement);
                }
            }
        }
        feed.heard(announcements);
        return saidAll;
    }

    private void askAll(Connection connection) throws SQLException {
        rest = feed.watched().iterator();
        do {
            askSome(connection);
        } while (rest.hasNext());
    }

    /** Goes on where it was the last time, and after the last topic begins anew. */
    private void askSome(Connection connection) throws SQLException {
        epochs.refresh(connection);
        if (!rest.hasNext()) {
            rest = feed.watched().iterator();
        }
        var mailboxes = new ArrayList<MailboxId>();
        var lists = new ArrayList<AccountId>();
        for (int count = 0; count < AT_ONCE && rest.hasNext(); count++) {
            switch (rest.next()) {
                case MailboxId mailbox -> mailboxes.add(mailbox);
                case AccountId list -> lists.add(list);
            }
        }
        askMailboxes(connection, mailboxes);
        askLists(connection, lists);
        if (!rest.hasNext()) {
            asked = System.nanoTime();
        }
    }

    /**
     * How far the watched mailboxes have come; one that is not there, or no longer, is deleted. Those of a restored
     * database have to jump before they say it: what they said before is more than what they are left with.
     */
    private void askMailboxes(Connection connection, List<MailboxId> watched) throws SQLException {
        String sql = """
                SELECT watched.account_id, watched.mailbox_id, m.highest_modseq, m.epoch < ?
                  FROM unnest(?::bigint[], ?::bigint[]) AS watched(account_id, mailbox_id)
                  LEFT JOIN mailbox m
                    ON m.account_id = watched.account_id AND m.mailbox_id = watched.mailbox_id AND m.deleted_at IS NULL
                """;
        Map<MailboxId, Long> now = new HashMap<>();
        Set<AccountId> restored = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(1, epochs.current());
            select.setObject(
                    2, watched.stream().mapToLong(id -> id.account().value()).toArray());
            select.setObject(3, watched.stream().mapToLong(MailboxId::value).toArray());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    var mailbox = new MailboxId(new AccountId(row.getLong(1)), row.getLong(2));
                    if (row.getBoolean(4)) {
                        restored.add(mailbox.account());
                    }
                    long reached = row.getLong(3);
                    now.put(mailbox, row.wasNull() ? Announcement.DELETED : reached);
                }
            }
        }
        now.forEach(feed::tell);
        for (AccountId account : restored) {
            epochs.jump(connection, account);
        }
        if (!restored.isEmpty()) {
            askMailboxes(connection, watched);
        }
    }

    /** How far the watched lists have come; that of an account that is gone is deleted. */
    private void askLists(Connection connection, List<AccountId> watched) throws SQLException {
        if (watched.isEmpty()) {
            return;
        }
        String sql = "SELECT watched.account_id, " + Accounts.LIST_MODSEQ + """
                  FROM unnest(?::bigint[]) AS watched(account_id)
                  LEFT JOIN account a ON a.account_id = watched.account_id
                """;
        Map<AccountId, Long> now = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setObject(1, watched.stream().mapToLong(AccountId::value).toArray());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    var list = new AccountId(row.getLong(1));
                    long reached = row.getLong(2);
                    now.put(list, row.wasNull() ? Announcement.DELETED : reached);
                }
            }
        }
        now.forEach(feed::tell);
    }

    @Override
    public void close() {
        closed = true;
        Connection open = current;
        if (open != null) {
            try {
                open.abort(Runnable::run); // it waits for notifications
            } catch (SQLException gone) {
                LOG.log(System.Logger.Level.DEBUG, "the connection to other pods was gone", gone);
            }
        }
    }
}
