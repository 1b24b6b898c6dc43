package heddle.server.pod;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.config.ServerConfig;
import heddle.storage.Pod;
import heddle.storage.Pod.Load;
import heddle.storage.Pod.Program;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BalanceTest {
    private static final long SELF = 0;

    private final Balance balance = new Balance(new ServerConfig.Balance(125, 50, Duration.ZERO));

    private static Pod pod(long id, Load load) {
        return pod(id, load, Duration.ZERO);
    }

    private static Pod pod(long id, Load load, Duration age) {
        return new Pod(id, new Program("pod" + id, "1.0", 6), Instant.EPOCH, Instant.EPOCH.plus(age), load);
    }

    /** {@return this pod, as it was a second ago, and others with so many sessions} */
    private static List<Pod> pods(int... others) {
        var pods = new ArrayList<>(List.of(pod(SELF, new Load(7, false))));
        for (int sessions : others) {
            pods.add(pod(pods.size(), new Load(sessions, false)));
        }
        return pods;
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 0,    50", // more than it may end in a second
        "645,  355,  20", // 625 are 125 % of 500
        "625,  375,  0",
        "500,  500,  0",
        "10,   1000, 0",
        "24,   0,    2", // 22 are the mean and ten more
        "21,   0,    0",
    })
    void endsNoMoreThanWhatIsFarAboveTheMean(int own, int other, int expected) {
        assertThat(balance.surplus(own, pods(other), SELF)).isEqualTo(expected);
    }

    @Test
    void looksAtAllThatStay() {
        assertThat(balance.surplus(1000, pods(1000, 0), SELF)).isEqualTo(50);
        assertThat(balance.surplus(1000, pods(1000, 1000, 400), SELF)).isZero();
        List<Pod> leaving = List.of(pod(1, new Load(0, true)));
        assertThat(balance.surplus(1000, leaving, SELF)).isZero();
        assertThat(balance.surplus(1000, List.of(), SELF)).isZero();
        assertThat(balance.surplus(1000, pods(), SELF)).isZero();
    }

    @Test
    void canBeSwitchedOff() {
        var off = new Balance(new ServerConfig.Balance(null, 50, Duration.ZERO));
        assertThat(off.surplus(1000, pods(0), SELF)).isZero();
    }

    /** What was sent away is nowhere for a moment, and the mean does not get smaller by it. */
    @Test
    void countsWhoIsOnTheWay() {
        assertThat(balance.surplus(40, pods(0), SELF)).isEqualTo(10);
        balance.sentAway(10);
        assertThat(balance.surplus(30, pods(0), SELF)).isZero();
        for (int beat = 0; beat < 5; beat++) {
            balance.sentAway(0);
        }
        assertThat(balance.surplus(30, pods(0), SELF)).isEqualTo(5);
    }

    /** A standby that no balancer leads to, say: all come back at once. */
    @Test
    void restsWhenAllComeBack() {
        assertThat(sentWithin(600)).isBetween(700, 900);
        assertThat(sentWithin(100)).as("it tries again").isBetween(700, 900);
    }

    /** {@return how many are sent away in so many seconds, when each is back after two} */
    private int sentWithin(int seconds) {
        int sent = 0;
        int before = 0;
        int now = 0;
        for (int second = 0; second < seconds; second++) {
            int given = balance.surplus(1000 - before - now, pods(0), SELF);
            balance.sentAway(given);
            before = now;
            now = given;
            sent += given;
        }
        return sent;
    }

    @Test
    void countsNoPodThatHasJustBegun() {
        var slow = new Balance(new ServerConfig.Balance(125, 50, Duration.ofMinutes(1)));
        Pod begun = pod(1, new Load(0, false), Duration.ofSeconds(59));
        assertThat(slow.surplus(1000, List.of(begun), SELF)).isZero();
        Pod settled = pod(1, begun.load(), Duration.ofSeconds(60));
        assertThat(slow.surplus(1000, List.of(settled), SELF)).isEqualTo(50);
    }

    /** One that takes only mail would pull the mean down for ever. */
    @Test
    void countsNoPodThatStaysEmpty() {
        assertThat(balance.surplus(1000, List.of(pod(1, new Load(0, false), Duration.ofMinutes(9))), SELF))
                .isEqualTo(50);
        assertThat(balance.surplus(1000, List.of(pod(1, new Load(0, false), Duration.ofMinutes(10))), SELF))
                .isZero();
        assertThat(balance.surplus(1000, List.of(pod(1, new Load(1, false), Duration.ofDays(1))), SELF))
                .isEqualTo(50);
    }

    /** Whoever is sent away goes to the pod with the fewest: after a while nobody has to go any more. */
    @Test
    void comesToAnEnd() {
        int[] sessions = {900, 800, 0};
        var balances = new ArrayList<Balance>();
        for (int pod = 0; pod < sessions.length; pod++) {
            balances.add(new Balance(new ServerConfig.Balance(125, 50, Duration.ZERO)));
        }
        int moved = 0;
        for (int second = 0; second < 100; second++) {
            for (int pod = 0; pod < sessions.length; pod++) {
                int given = balances.get(pod).surplus(sessions[pod], list(sessions), pod);
                balances.get(pod).sentAway(given);
                sessions[pod] -= given;
                sessions[2] += given;
                moved += given;
            }
        }
        assertThat(sessions).containsExactly(709, 709, 282);
        assertThat(moved).isEqualTo(282);
    }

    private static List<Pod> list(int[] sessions) {
        var pods = new ArrayList<Pod>();
        for (int pod = 0; pod < sessions.length; pod++) {
            pods.add(pod(pod, new Load(sessions[pod], false)));
        }
        return pods;
    }
}
