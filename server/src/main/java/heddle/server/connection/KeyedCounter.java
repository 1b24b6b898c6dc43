package heddle.server.connection;

import java.util.concurrent.ConcurrentHashMap;

/** How many of something there are at once for each key, such as connections of a user, and at most how many there may be. */
public final class KeyedCounter<K> {
    private final int most;
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();

    /** @param most for each key, at least 1 */
    public KeyedCounter(int most) {
        this.most = most;
    }

    /** Counts one more. {@return false when there are as many as there may be; then it is not counted} */
    public boolean enter(K key) {
        var entered = new boolean[1];
        counts.compute(key, (_, count) -> {
            int before = count == null ? 0 : count;
            entered[0] = before < most;
            return entered[0] ? before + 1 : before;
        });
        return entered[0];
    }

    /** Counts one less. */
    public void leave(K key) {
        counts.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
    }
}
