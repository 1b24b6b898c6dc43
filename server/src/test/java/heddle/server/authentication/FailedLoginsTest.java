package heddle.server.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.config.PlaintextPolicy;
import heddle.server.config.ServerConfig;
import heddle.storage.LogInFailures;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private final FailedLogins failures = new FailedLogins(new ServerConfig.Authentication(
            PlaintextPolicy.LOOPBACK, 5, 40, Duration.ofMinutes(10), Duration.ofMillis(500), Duration.ofSeconds(15)));

    @Test
    void eachCostsTwiceAsMuchUpToTheMost() {
        long[] expected = {500, 1000, 2000, 4000, 8000, 15_000, 15_000};
        for (long delay : expected) {
            failures.count(HERE);
            assertThat(failures.delayMillis(HERE)).isEqualTo(delay);
        }
        for (int i = expected.length; i < 40; i++) {
            assertThat(failures.isBarred(HERE)).as("after %s", i).isFalse();
            failures.count(HERE);
            assertThat(failures.delayMillis(HERE)).isEqualTo(15_000);
        }
        assertThat(failures.isBarred(HERE)).isTrue();
    }

    @Test
    void othersPayNothing() throws Exception {
        InetAddress elsewhere = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1});
        for (int i = 0; i < 40; i++) {
            failures.count(elsewhere);
        }
        assertThat(failures.isBarred(elsewhere)).isTrue();
        assertThat(failures.isBarred(HERE)).isFalse();
    }

    /** All servers count together: what this one has told of comes back in what it learns. */
    @Test
    void countsWhatOthersTell() throws Exception {
        InetAddress elsewhere = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 2});
        failures.count(elsewhere);
        failures.count(elsewhere);
        Map<InetAddress, Integer> untold = failures.untold();
        assertThat(untold).isEqualTo(Map.of(elsewhere, 2));
        failures.count(elsewhere);
        failures.learn(new LogInFailures.Count(elsewhere, 38, Duration.ofMinutes(1)));
        failures.told(untold);
        assertThat(failures.isBarred(elsewhere)).isFalse();
        failures.learn(new LogInFailures.Count(elsewhere, 39, Duration.ofMinutes(1)));
        assertThat(failures.isBarred(elsewhere)).isTrue();
        assertThat(failures.untold()).isEqualTo(Map.of(elsewhere, 1));

        failures.learn(new LogInFailures.Count(HERE, 100, Duration.ZERO));
        assertThat(failures.isBarred(HERE)).as("the window is over").isFalse();
        failures.count(HERE);
        assertThat(failures.delayMillis(HERE)).isEqualTo(500);
    }

    /** Neither a database that is away for a moment nor one that has lost its counts helps whoever guesses. */
    @Test
    void countsWhatCouldNotBeToldAndWhatWasLost() {
        for (int i = 0; i < 40; i++) {
            failures.count(HERE);
        }
        Map<InetAddress, Integer> untold = failures.untold();
        assertThat(failures.untold()).isEmpty();
        failures.notTold(untold);
        assertThat(failures.untold()).isEqualTo(untold);
        failures.learn(new LogInFailures.Count(HERE, 40, Duration.ofMinutes(1)));
        failures.told(untold);
        assertThat(failures.isBarred(HERE)).isTrue();
        failures.learn(new LogInFailures.Count(HERE, 1, Duration.ofMinutes(10)));
        assertThat(failures.isBarred(HERE)).isTrue();
    }
}
