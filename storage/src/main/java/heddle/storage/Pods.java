package heddle.storage;

import heddle.storage.Pod.Load;
import heddle.storage.Pod.Program;
import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which pods there are. Each says about once a second that it lives, and which sessions it has opened and closed since: one
 * statement, never in the path of a log-in, and approximate by design (DESIGN §6). A pod that is silent for too long is taken
 * for dead and forgotten with its sessions; one that was forgotten while it was only asleep begins anew.
 */
public final class Pods {
    /** How long a pod may be silent before the others forget it. */
    public static final Duration SILENCE = Duration.ofSeconds(15);

    /** The sessions that a statement tells of: see {@link #bind}. */
    private static final String TOLD = """
            SELECT number, account_id, address::inet AS address, listener, is_tls,
                   now() - make_interval(secs => age) AS opened_at
              FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::boolean[], ?::float8[])
                   AS told(number, account_id, address, listener, is_tls, age)
            """;

    private static final String OPEN = """
            INSERT INTO session (pod_id, number, account_id, address, listener, is_tls, opened_at)
            SELECT beat.pod_id, told.number, told.account_id, told.address, told.listener, told.is_tls, told.opened_at
              FROM beat, told
                ON CONFLICT (pod_id, number) DO UPDATE
               SET account_id = excluded.account_id, address = excluded.address, is_tls = excluded.is_tls
            """;

    private final Database database;
    private final long self;
    private final long started = System.nanoTime();

    /** @param self the id of this pod */
    Pods(Database database, long self) {
        this.database = database;
        this.self = self;
    }

    /** {@return the id of this pod, and of no other and no earlier one} */
    public long self() {
        return self;
    }

    /**
     * Joins the others with all sessions that there are: whatever else they knew of this pod is forgotten, and what they ask
     * of these sessions stays.
     *
     * @throws StorageException {@code UNAVAILABLE}; nobody knows then what has reached the others
     */
    public void join(Program program, Load load, List<OpenSession> sessions) {
        String sql = """
                WITH beat AS (
                    INSERT INTO pod (pod_id, name, version, schema_version, started_at, sessions, is_draining)
                    VALUES (?, ?, ?, ?, now() - make_interval(secs => ?), ?, ?)
                        ON CONFLICT (pod_id) DO UPDATE
                       SET seen_at = excluded.seen_at, sessions = excluded.sessions, is_draining = excluded.is_draining
                 RETURNING pod_id
                ), told AS (
                """ + TOLD + """
                ), closed AS (
                    DELETE FROM session
                     USING beat
                     WHERE session.pod_id = beat.pod_id
                       AND NOT EXISTS (SELECT FROM told WHERE told.number = session.number)
                ), opened AS (
                """ + OPEN + """
                )
                SELECT FROM beat
                """;
        database.run(connection -> {
            try (PreparedStatement join = connection.prepareStatement(sql)) {
                join.setLong(1, self);
                join.setString(2, program.name());
                join.setString(3, program.version());
                join.setInt(4, program.schemaVersion());
                join.setDouble(5, (System.nanoTime() - started) / 1e9);
                join.setInt(6, load.sessions());
                join.setBoolean(7, load.isDraining());
                bind(join, 8, sessions);
                return join.execute();
            }
        });
    }

    /**
     * Says that this pod lives.
     *
     * @param changed sessions that were opened, or have become others', since the last time
     * @param closed numbers of sessions that ended since then, also such as nobody was told of
     * @return false when the others had forgotten it, and are told nothing: then it has to {@link #join} again
     * @throws StorageException as {@link #join}
     */
    public boolean beat(Load load, List<OpenSession> changed, long[] closed) {
        // All of it goes by the row of the pod, which is locked first: whoever forgets the pod has done so before, or
        // waits.
        String sql = """
                WITH beat AS (
                       UPDATE pod
                          SET seen_at = now(), sessions = ?, is_draining = ?
                        WHERE pod_id = ?
                    RETURNING pod_id
                ), closed AS (
                    DELETE FROM session
                     USING beat
                     WHERE session.pod_id = beat.pod_id AND number = ANY (?)
                ), told AS (
                """ + TOLD + """
                ), opened AS (
                """ + OPEN + """
                )
                SELECT EXISTS (SELECT FROM beat)
                """;
        return database.run(connection -> {
            try (PreparedStatement beat = connection.prepareStatement(sql)) {
                beat.setInt(1, load.sessions());
                beat.setBoolean(2, load.isDraining());
                beat.setLong(3, self);
                beat.setObject(4, closed);
                bind(beat, 5, changed);
                try (ResultSet row = beat.executeQuery()) {
                    row.next();
                    return row.getBoolean(1);
                }
            }
        });
    }

    private static void bind(PreparedStatement beat, int at, List<OpenSession> sessions) throws SQLException {
        int count = sessions.size();
        var numbers = new Long[count];
        var accounts = new @Nullable Long[count];
        var addresses = new String[count];
        var listeners = new String[count];
        var tls = new Boolean[count];
        var ages = new Double[count];
        for (int i = 0; i < count; i++) {
            OpenSession session = sessions.get(i);
            AccountId account = session.account();
            numbers[i] = session.number();
            accounts[i] = account == null ? null : account.value();
            addresses[i] = Inet.text(session.address());
            listeners[i] = session.access().listener();
            tls[i] = session.access().isTls();
            ages[i] = session.age().toMillis() / 1e3;
        }
        Connection connection = beat.getConnection();
        beat.setArray(at, connection.createArrayOf("bigint", numbers));
        beat.setArray(at + 1, connection.createArrayOf("bigint", accounts));
        beat.setArray(at + 2, connection.createArrayOf("text", addresses));
        beat.setArray(at + 3, connection.createArrayOf("text", listeners));
        beat.setArray(at + 4, connection.createArrayOf("boolean", tls));
        beat.setArray(at + 5, connection.createArrayOf("float8", ages));
    }

    /** Forgets pods that have been silent for too long; what another pod is at is left to it. */
    public void forgetSilent() {
        String sql = """
                DELETE FROM pod
                 WHERE pod_id IN (SELECT pod_id
                                    FROM pod
                                   WHERE seen_at < now() - make_interval(secs => ?) AND pod_id <> ?
                                     FOR UPDATE SKIP LOCKED)
                """;
        database.run(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(sql)) {
                delete.setDouble(1, SILENCE.toMillis() / 1e3);
                delete.setLong(2, self);
                return delete.executeUpdate();
            }
        });
    }

    /** Says that this pod lives no more. */
    public void leave() {
        database.run(connection -> {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM pod WHERE pod_id = ?")) {
                delete.setLong(1, self);
                return delete.executeUpdate();
            }
        });
    }

    /** {@return the pods that live, those that run longest first} */
    public List<Pod> list() {
        String sql = """
                SELECT pod_id, name, version, schema_version, started_at, seen_at, sessions, is_draining
                  FROM pod
                 WHERE seen_at >= now() - make_interval(secs => ?)
                 ORDER BY started_at, pod_id
                """;
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setDouble(1, SILENCE.toMillis() / 1e3);
                try (ResultSet row = select.executeQuery()) {
                    var pods = new ArrayList<Pod>();
                    while (row.next()) {
                        pods.add(pod(row));
                    }
                    return pods;
                }
            }
        });
    }

    private static Pod pod(ResultSet row) throws SQLException {
        return new Pod(
                row.getLong("pod_id"),
                new Program(row.getString("name"), row.getString("version"), row.getInt("schema_version")),
                row.getObject("started_at", OffsetDateTime.class).toInstant(),
                row.getObject("seen_at", OffsetDateTime.class).toInstant(),
                new Load(row.getInt("sessions"), row.getBoolean("is_draining")));
    }
}
