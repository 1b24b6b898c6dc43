package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.storage.OpenSession.Access;
import heddle.storage.Pod.Load;
import heddle.storage.Pod.Program;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What two pods know of each other (DESIGN §6). */
class PodsTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress THERE = InetAddress.ofLiteral("2001:db8::1");
    private static final Access IMAPS = new Access("imaps", true);
    private static final Load IDLE = new Load(0, false);
    private static final long[] NONE = {};

    private final StorageConfig config = TestDatabase.create();
    private final Storage one = TestDatabase.open(config);
    private final Storage other = TestDatabase.open(config);
    private final AccountId account = TestMail.account(one);
    private final Sql sql = new Sql(config);

    @AfterEach
    void close() {
        sql.close();
        one.close();
        other.close();
    }

    private static Program program(String name) {
        return new Program(name, "1.0", 6);
    }

    private static OpenSession session(long number, @Nullable AccountId account, InetAddress address) {
        return new OpenSession(number, account, address, IMAPS, Duration.ofMinutes(5));
    }

    /** {@return the numbers of all sessions there are} */
    private List<Long> numbers() {
        return other.sessions().list(null, Sessions.FIRST).stream()
                .map(session -> session.id().number())
                .toList();
    }

    @Test
    void seesTheOther() {
        one.pods().join(program("a"), new Load(3, false), List.of());
        other.pods().join(program("b"), new Load(0, true), List.of());
        List<Pod> pods = one.pods().list();
        assertThat(pods)
                .extracting(Pod::id)
                .containsExactly(one.pods().self(), other.pods().self());
        assertThat(pods).extracting(Pod::program).containsExactly(program("a"), program("b"));
        assertThat(pods).extracting(Pod::load).containsExactly(new Load(3, false), new Load(0, true));
        assertThat(one.pods().beat(new Load(5, false), List.of(), NONE)).isTrue();
        assertThat(other.pods().list().getFirst().load().sessions()).isEqualTo(5);
        other.pods().leave();
        assertThat(one.pods().list()).hasSize(1);
    }

    @Test
    void listsWhatIsOpenAndByWhom() {
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE), session(2, null, THERE)));
        ListedSession first = other.sessions().list(null, Sessions.FIRST).getFirst();
        assertThat(first.id()).isEqualTo(new SessionId(one.pods().self(), 1));
        assertThat(first.pod()).isEqualTo("a");
        assertThat(first.user()).startsWith("user");
        assertThat(first.address()).isEqualTo(HERE);
        assertThat(first.access()).isEqualTo(IMAPS);
        assertThat(first.opened())
                .isBetween(Instant.now().minusSeconds(330), Instant.now().minusSeconds(270));
        assertThat(numbers()).containsExactly(1L, 2L);
        assertThat(other.sessions().list(account, Sessions.FIRST)).containsExactly(first);

        one.pods().beat(IDLE, List.of(session(2, account, THERE), session(3, null, HERE)), new long[] {1, 9});
        assertThat(numbers()).containsExactly(2L, 3L);
        assertThat(other.sessions().list(account, Sessions.FIRST))
                .extracting(ListedSession::address)
                .containsExactly(THERE);
    }

    @Test
    void listsInPages() {
        var sessions = new ArrayList<OpenSession>();
        for (long number = 1; number <= Sessions.PAGE + 5; number++) {
            sessions.add(session(number, account, HERE));
        }
        one.pods().join(program("a"), IDLE, sessions);
        List<ListedSession> page = other.sessions().list(null, Sessions.FIRST);
        assertThat(page).hasSize(Sessions.PAGE);
        assertThat(other.sessions().list(account, page.getLast().id())).hasSize(5);
    }

    /** A pod that slept, or whose database crashed, finds that it was forgotten, and tells everything again. */
    @Test
    void forgetsOneThatIsSilentAndTakesItBack() throws Exception {
        OpenSession mine = session(1, account, HERE);
        one.pods().join(program("a"), IDLE, List.of(mine));
        other.pods().join(program("b"), IDLE, List.of(session(1, account, HERE)));
        sql.execute(
                "UPDATE pod SET seen_at = seen_at - interval '13 s' WHERE pod_id = ?",
                one.pods().self());
        other.pods().forgetSilent();
        assertThat(numbers()).hasSize(2);
        sql.execute(
                "UPDATE pod SET seen_at = seen_at - interval '3 s' WHERE pod_id = ?",
                one.pods().self());
        assertThat(other.pods().list())
                .extracting(Pod::id)
                .containsExactly(other.pods().self());
        one.pods().forgetSilent();
        assertThat(numbers()).as("nobody forgets himself").hasSize(2);
        other.pods().forgetSilent();
        assertThat(numbers()).hasSize(1);

        assertThat(one.pods().beat(IDLE, List.of(session(2, null, THERE)), NONE))
                .isFalse();
        assertThat(numbers()).as("one that is forgotten tells nothing").hasSize(1);
        one.pods().join(program("a"), IDLE, List.of(mine));
        assertThat(other.sessions().list(null, Sessions.FIRST))
                .extracting(ListedSession::id)
                .containsExactlyInAnyOrder(
                        new SessionId(one.pods().self(), 1),
                        new SessionId(other.pods().self(), 1));
        assertThat(one.pods().beat(IDLE, List.of(), NONE)).isTrue();
    }

    /** However they meet: who is told that he is known has his sessions told of, and nobody waits in a circle. */
    @Test
    void isForgottenBeforeOrAfterItBeats() throws Exception {
        long self = one.pods().self();
        List<OpenSession> sessions = new ArrayList<>();
        for (long number = 1; number <= 50; number++) {
            sessions.add(session(number, account, HERE));
        }
        long[] all = sessions.stream().mapToLong(OpenSession::number).toArray();
        one.pods().join(program("a"), IDLE, sessions);
        Race.lanes(2, lane -> {
            for (int round = 0; round < 100; round++) {
                if (lane == 1) {
                    sql.execute("UPDATE pod SET seen_at = seen_at - interval '1 min' WHERE pod_id = ?", self);
                    other.pods().forgetSilent();
                } else if (!one.pods().beat(IDLE, sessions, NONE) || !one.pods().beat(IDLE, List.of(), all)) {
                    one.pods().join(program("a"), IDLE, sessions);
                }
            }
        });
        one.pods().join(program("a"), IDLE, sessions);
        assertThat(one.pods().beat(IDLE, List.of(), NONE)).isTrue();
        assertThat(numbers()).hasSize(50);
    }

    @Test
    void asksThePodThatHasIt() {
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE), session(2, null, HERE)));
        other.pods().join(program("b"), IDLE, List.of(session(1, account, HERE)));
        assertThat(other.sessions().end(new SessionId(one.pods().self(), 2), "go away"))
                .isTrue();
        assertThat(other.sessions().end(new SessionId(one.pods().self(), 3), "go away"))
                .isFalse();
        assertThat(one.sessions().toEnd()).isEqualTo(Map.of(2L, "go away"));
        assertThat(other.sessions().toEnd()).isEmpty();
        assertThat(one.sessions().endAll(account, "closed")).isEqualTo(2);
        assertThat(one.sessions().toEnd()).isEqualTo(Map.of(1L, "closed", 2L, "go away"));
        assertThat(other.sessions().toEnd()).isEqualTo(Map.of(1L, "closed"));
    }

    @Test
    void knowsWhoseAccountIsClosed() {
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE)));
        assertThat(one.sessions().shutOut(List.of(account))).isEmpty();
        other.accounts().setDisabled(account, true);
        assertThat(one.sessions().toEnd()).isEqualTo(Map.of(1L, Accounts.SHUT_OUT));
        assertThat(one.sessions().shutOut(List.of(account))).containsExactly(account);
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE)));
        assertThat(one.sessions().toEnd()).as("it is asked for still").containsKey(1L);
        one.pods().join(program("a"), IDLE, List.of());
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE)));
        other.accounts().setDisabled(account, false);
        assertThat(one.sessions().shutOut(List.of(account))).isEmpty();
        assertThat(one.sessions().toEnd()).isEmpty();
        other.accounts().delete(account);
        assertThat(one.sessions().toEnd()).containsKey(1L);
        assertThat(one.sessions().shutOut(List.of(account))).containsExactly(account);
    }

    @Test
    void countsWhatOthersHave() {
        one.pods().join(program("a"), IDLE, List.of(session(1, account, HERE), session(2, account, THERE)));
        other.pods().join(program("b"), IDLE, List.of(session(1, account, HERE)));
        var unknown = new AccountId(account.value() + 1);
        assertThat(one.sessions().elsewhereByAccount(Set.of(account, unknown))).isEqualTo(Map.of(account, 1));
        assertThat(other.sessions().elsewhereByAccount(Set.of(account))).isEqualTo(Map.of(account, 2));
        assertThat(other.sessions().elsewhereByAddress(Set.of(HERE, THERE))).isEqualTo(Map.of(HERE, 1, THERE, 1));
        assertThat(one.sessions().elsewhereByAddress(Set.of(HERE, THERE))).isEqualTo(Map.of(HERE, 1));
    }

    @Test
    void addsUpFailedLogIns() throws Exception {
        Duration window = Duration.ofMinutes(10);
        one.logInFailures().add(Map.of(HERE, 2, THERE, 1), window);
        other.logInFailures().add(Map.of(HERE, 3), window);
        List<LogInFailures.Count> counts = one.logInFailures().countedWithin(window);
        assertThat(counts).extracting(LogInFailures.Count::address).containsExactly(HERE, THERE);
        assertThat(counts).extracting(LogInFailures.Count::failures).containsExactly(5, 1);
        assertThat(counts.getFirst().left()).isBetween(window.minusSeconds(60), window);
        sql.execute("UPDATE failed_log_in SET counted_at = now() - interval '6 s' WHERE failures = 1");
        assertThat(one.logInFailures().countedWithin(Duration.ofSeconds(5))).hasSize(1);

        sql.execute("UPDATE failed_log_in SET ends_at = now() - interval '1 s' WHERE failures = 5");
        assertThat(one.logInFailures().countedWithin(window))
                .extracting(LogInFailures.Count::address)
                .containsExactly(THERE);
        one.logInFailures().add(Map.of(HERE, 1), window);
        assertThat(one.logInFailures().countedWithin(window))
                .extracting(LogInFailures.Count::failures)
                .containsExactly(1, 1);
        sql.execute(
                "UPDATE failed_log_in SET ends_at = now() - interval '1 s' WHERE counted_at < now() - interval '5 s'");
        one.logInFailures().forgetOld();
        assertThat(sql.number("SELECT count(*) FROM failed_log_in")).isEqualTo(1);
    }

    /** They go by their order: no two wait for each other. */
    @Test
    void addsFailedLogInsOfManyAtOnce() throws Exception {
        List<InetAddress> addresses = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            addresses.add(InetAddress.ofLiteral("198.51.100." + i));
        }
        Race.lanes(2, lane -> {
            for (int round = 0; round < 10; round++) {
                var counted = new LinkedHashMap<InetAddress, Integer>();
                for (InetAddress address : lane == 0 ? addresses : addresses.reversed()) {
                    counted.put(address, 1);
                }
                (lane == 0 ? one : other).logInFailures().add(counted, Duration.ofMinutes(10));
            }
        });
        assertThat(sql.number("SELECT sum(failures) FROM failed_log_in")).isEqualTo(4000);
    }
}
