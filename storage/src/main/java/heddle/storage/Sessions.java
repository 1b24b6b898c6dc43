package heddle.storage;

import heddle.storage.sql.Database;
import java.net.InetAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The sessions of all pods, as these have told it (see {@link Pods}): what is listed may be a second or two old. */
public final class Sessions {
    /** What a client is told when nobody says why its session ends. */
    public static final String ENDED = "an operator has ended this session";

    private static final Pattern SAYABLE = Pattern.compile("[ -~]{1,200}");

    /** Where a list begins. */
    public static final SessionId FIRST = new SessionId(0, 0);

    /** As many as one question is answered with. */
    static final int PAGE = 1000;

    /** What a pod has that was silent for so long is not counted: its clients may be on their way back to others. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private final Database database;
    private final long self;

    /** @param self the id of this pod */
    Sessions(Database database, long self) {
        this.database = database;
        this.self = self;
    }

    /**
     * {@return some sessions, by their ids; to go on, ask for those after the last one, until there are none}
     *
     * @param account whose, null for all
     */
    public List<ListedSession> list(@Nullable AccountId account, SessionId after) {
        String sql = """
                SELECT s.pod_id, s.number, p.name AS pod, a.name AS account, host(s.address) AS address, s.listener, s.is_tls,
                       s.opened_at
                  FROM session s
                  JOIN pod p USING (pod_id)
                  LEFT JOIN account a USING (account_id)
                 WHERE (s.pod_id, s.number) > (?, ?) %s
                 ORDER BY s.pod_id, s.number
                 LIMIT ?
                """.formatted(account == null ? "" : "AND s.account_id = ?");
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, after.pod());
                select.setLong(2, after.number());
                int at = 3;
                if (account != null) {
                    select.setLong(at++, account.value());
                }
                select.setInt(at, PAGE);
                try (ResultSet row = select.executeQuery()) {
                    var sessions = new ArrayList<ListedSession>();
                    while (row.next()) {
                        sessions.add(session(row));
                    }
                    return sessions;
                }
            }
        });
    }

    private static ListedSession session(ResultSet row) throws SQLException {
        return new ListedSession(
                new SessionId(row.getLong("pod_id"), row.getLong("number")),
                row.getString("pod"),
                row.getString("account"),
                Inet.address(row.getString("address")),
                new OpenSession.Access(row.getString("listener"), row.getBoolean("is_tls")),
                row.getObject("opened_at", OffsetDateTime.class).toInstant());
    }

    /**
     * Asks the pod that has this session to end it.
     *
     * @param reason what the client is told, in US-ASCII
     * @return whether there is such a session
     * @throws IllegalArgumentException when the reason cannot be said in one line
     */
    public boolean end(SessionId id, String reason) {
        requireSayable(reason);
        String sql = "UPDATE session SET end_reason = ? WHERE pod_id = ? AND number = ?";
        return database.run(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, reason);
                update.setLong(2, id.pod());
                update.setLong(3, id.number());
                return update.executeUpdate() > 0;
            }
        });
    }

    /**
     * Asks the pods to end all sessions of an account.
     *
     * @param reason what the clients are told, in US-ASCII
     * @return how many there are
     * @throws IllegalArgumentException as {@link #end}
     */
    public int endAll(AccountId account, String reason) {
        requireSayable(reason);
        return database.run(connection -> endAll(connection, account, reason));
    }

    static int endAll(Connection connection, AccountId account, String reason) throws SQLException {
        String sql = "UPDATE session SET end_reason = ? WHERE account_id = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, reason);
            update.setLong(2, account.value());
            return update.executeUpdate();
        }
    }

    private static void requireSayable(String reason) {
        if (!SAYABLE.matcher(reason).matches()) {
            throw new IllegalArgumentException("a reason is 1 to 200 printable characters of US-ASCII");
        }
    }

    /** {@return the sessions that this pod is asked to end: number → what the client is to be told} */
    public Map<Long, String> toEnd() {
        String sql = "SELECT number, end_reason FROM session WHERE pod_id = ? AND end_reason IS NOT NULL";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, self);
                try (ResultSet row = select.executeQuery()) {
                    var reasons = new HashMap<Long, String>();
                    while (row.next()) {
                        reasons.put(row.getLong(1), row.getString(2));
                    }
                    return reasons;
                }
            }
        });
    }

    /** {@return those of these accounts that nobody may be logged in to: they are disabled, or deleted} */
    public List<AccountId> shutOut(Collection<AccountId> ids) {
        String sql = """
                SELECT asked.account_id
                  FROM unnest(?::bigint[]) AS asked(account_id)
                  LEFT JOIN account a ON a.account_id = asked.account_id
                 WHERE a.disabled IS NOT FALSE
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setObject(1, ids.stream().mapToLong(AccountId::value).toArray());
                try (ResultSet row = select.executeQuery()) {
                    var shutOut = new ArrayList<AccountId>();
                    while (row.next()) {
                        shutOut.add(new AccountId(row.getLong(1)));
                    }
                    return shutOut;
                }
            }
        });
    }

    /** {@return how many sessions these accounts have on other pods; those without any are left out} */
    public Map<AccountId, Integer> elsewhereByAccount(Collection<AccountId> accounts) {
        String sql = """
                SELECT account_id, count(*)
                  FROM session
                  JOIN pod USING (pod_id)
                 WHERE account_id = ANY (?) AND pod_id <> ? AND seen_at > now() - make_interval(secs => ?)
                 GROUP BY account_id
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setObject(
                        1, accounts.stream().mapToLong(AccountId::value).toArray());
                select.setLong(2, self);
                select.setDouble(3, FRESH.toMillis() / 1e3);
                try (ResultSet row = select.executeQuery()) {
                    var counts = new HashMap<AccountId, Integer>();
                    while (row.next()) {
                        counts.put(new AccountId(row.getLong(1)), row.getInt(2));
                    }
                    return counts;
                }
            }
        });
    }

    /** {@return how many sessions other pods have from these addresses; those without any are left out} */
    public Map<InetAddress, Integer> elsewhereByAddress(Collection<InetAddress> addresses) {
        String sql = """
                SELECT host(address), count(*)
                  FROM session
                  JOIN pod USING (pod_id)
                 WHERE address = ANY (?::inet[]) AND pod_id <> ? AND seen_at > now() - make_interval(secs => ?)
                 GROUP BY address
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setObject(1, addresses.stream().map(Inet::text).toArray(String[]::new));
                select.setLong(2, self);
                select.setDouble(3, FRESH.toMillis() / 1e3);
                try (ResultSet row = select.executeQuery()) {
                    var counts = new HashMap<InetAddress, Integer>();
                    while (row.next()) {
                        counts.put(Inet.address(row.getString(1)), row.getInt(2));
                    }
                    return counts;
                }
            }
        });
    }
}
