package heddle.server.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyedCounterTest {
    private final KeyedCounter<String> counter = new KeyedCounter<>(4);

    /** Asks others, who have so many, about whatever is watched. */
    private void beat(Map<String, Integer> others) {
        Set<String> asked = counter.watched();
        var answer = new HashMap<>(others);
        answer.keySet().retainAll(asked);
        counter.elsewhere(asked, answer);
    }

    @Test
    void refusesBeatAfterBeatWhileOthersHaveAll() {
        assertThat(counter.enter("ann")).isTrue();
        for (int beat = 0; beat < 5; beat++) {
            beat(Map.of("ann", 3));
            assertThat(counter.enter("ann")).as("in beat %s", beat).isFalse();
        }
        counter.leave("ann");
        for (int beat = 0; beat < 5; beat++) {
            beat(Map.of("ann", 4));
            assertThat(counter.enter("ann"))
                    .as("with none here, in beat %s", beat)
                    .isFalse();
        }
        beat(Map.of());
        assertThat(counter.enter("ann")).isTrue();
    }

    @Test
    void asksNoMoreAboutWhoIsFarFromTheLimit() {
        assertThat(counter.enter("ann")).isTrue();
        assertThat(counter.enter("ben")).isTrue();
        assertThat(counter.enter("ben")).isTrue();
        assertThat(counter.watched()).containsExactlyInAnyOrder("ann", "ben");
        beat(Map.of());
        assertThat(counter.watched()).containsExactly("ben");
        counter.leave("ben");
        beat(Map.of());
        assertThat(counter.watched()).isEmpty();
        assertThat(counter.enter("ann")).isTrue();
        beat(Map.of("ann", 2));
        assertThat(counter.watched()).containsExactly("ann");
        assertThat(counter.enter("ann")).isFalse();
    }

    /** Who enters while others are being asked is not forgotten. */
    @Test
    void asksAgainAboutWhoEntersMeanwhile() {
        assertThat(counter.enter("ann")).isTrue();
        Set<String> asked = counter.watched();
        assertThat(counter.enter("ann")).isTrue();
        assertThat(counter.enter("ben")).isTrue();
        counter.elsewhere(asked, Map.of());
        assertThat(counter.watched()).containsExactlyInAnyOrder("ann", "ben");
    }
}
