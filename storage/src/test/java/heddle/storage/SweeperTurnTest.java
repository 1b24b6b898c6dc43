package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.UidSet;
import heddle.storage.StorageConfig.Retention;
import heddle.storage.sql.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One pod sweeps at a time, and another when that one dies or is asleep. */
class SweeperTurnTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final StorageConfig config = TestDatabase.create();
    private final Sql sql = new Sql(config);
    private Database database;
    private SweeperTurn one;
    private SweeperTurn other;

    @BeforeEach
    void open() {
        TestDatabase.open(config).close();
        database = new Database(config, new SimpleMeterRegistry());
        one = new SweeperTurn(database, 1, LONG);
        other = new SweeperTurn(database, 2, LONG);
    }

    @AfterEach
    void close() {
        database.close();
        sql.close();
    }

    private static void prolong(Database database, SweeperTurn turn) {
        database.transaction(connection -> {
            turn.prolong(connection);
            return true;
        });
    }

    @Test
    void isOnePodsAtATime() {
        assertThat(one.take(Duration.ZERO)).isTrue();
        assertThat(other.take(Duration.ZERO)).isFalse();
        assertThat(one.take(Duration.ZERO)).as("one that sweeps already").isFalse();
        prolong(database, one);
        one.release();
        assertThat(other.take(LONG)).as("so soon").isFalse();
        assertThat(other.take(Duration.ZERO)).isTrue();
    }

    @Test
    void passesToAnotherWhenAPodSleeps() throws Exception {
        assertThat(one.take(Duration.ZERO)).isTrue();
        sql.execute("UPDATE sweeper SET held_until = now()");
        prolong(database, one); // late, but nobody has missed it
        assertThat(other.take(Duration.ZERO)).isFalse();
        sql.execute("UPDATE sweeper SET held_until = now()");
        assertThat(other.take(Duration.ZERO)).isTrue();
        assertThatThrownBy(() -> prolong(database, one)).isInstanceOf(SweeperTurn.LostException.class);
        one.release();
        assertThat(one.take(Duration.ZERO)).as("it is not one's to release").isFalse();
        prolong(database, other);
    }

    /** A crash of the database takes the row: who swept does not go on, and anybody may begin. */
    @Test
    void isAnybodysAfterACrash() throws Exception {
        assertThat(one.take(Duration.ZERO)).isTrue();
        sql.execute("TRUNCATE sweeper");
        assertThatThrownBy(() -> prolong(database, one)).isInstanceOf(SweeperTurn.LostException.class);
        assertThat(other.take(LONG)).isTrue();
    }

    /** The one that died leaves its turn behind, and what it has not swept. */
    @Test
    void isTakenOverFromOneThatDied() throws Exception {
        assertThat(one.take(Duration.ZERO)).isTrue();
        sql.execute("UPDATE sweeper SET held_until = now() + interval '1 s', begun_at = now() - interval '1 day'");
        Retention often = new Retention(Duration.ZERO, Duration.ofDays(1), Duration.ofMillis(100));
        try (Storage storage = TestDatabase.open(Invariants.keeping(config, often))) {
            AccountId account = TestMail.account(storage);
            TestMail.append(storage, account, TestMail.text(1), Flag.Standard.DELETED);
            storage.expunges().expunge(TestMail.inbox(storage, account).id(), UidSet.of(1));
            sql.await("count(*) = 0 FROM message");
            assertThat(sql.number(
                            "SELECT count(*) FROM sweeper WHERE pod_id = ?",
                            storage.pods().self()))
                    .isEqualTo(1);
        }
    }

    /** A pod is stopped in the middle of its sweep, by a mailbox that somebody holds; another does not begin meanwhile. */
    @Test
    void lastsAsLongAsTheSweep() throws Exception {
        StorageConfig atOnce =
                Invariants.keeping(config, new Retention(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(1)));
        var patient = new StorageConfig.Waits(Duration.ofSeconds(10), Duration.ofMinutes(3));
        try (Storage storage = TestDatabase.open(atOnce.with(atOnce.poolSize(), patient))) {
            AccountId account = TestMail.account(storage);
            TestMail.append(storage, account, TestMail.text(1), Flag.Standard.DELETED);
            storage.expunges().expunge(TestMail.inbox(storage, account).id(), UidSet.of(1));
            sql.begin();
            sql.rows("SELECT FROM mailbox FOR UPDATE");
            Thread sweep = Thread.ofVirtual().start(storage.sweeper()::sweep);
            try (var observer = new Sql(config)) {
                observer.awaitWaiting(1);
                assertThat(observer.number("SELECT extract(epoch FROM held_until - now())::bigint FROM sweeper"))
                        .as("longer than any statement of the sweep")
                        .isGreaterThan(Duration.ofMinutes(3).minusSeconds(20).toSeconds());
                assertThatThrownBy(() -> observer.rows("SELECT FROM sweeper FOR UPDATE NOWAIT"))
                        .hasMessageContaining("could not obtain lock");
            }
            sql.commit();
            sweep.join();
            assertThat(sql.number("SELECT count(*) FROM message")).isZero();
            assertThat(other.take(Duration.ZERO)).isTrue();
        }
    }
}
