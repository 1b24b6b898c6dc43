package heddle.server.connection;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many of something there are at once for each key, such as connections of a user, and at most how many there may be:
 * those here, and those that other servers were last known to have. Nobody is asked when one enters, so that for a moment
 * there can be more than there may be.
 */
public final class KeyedCounter<K> {
    private final int most;
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();
    private volatile Map<K, Integer> elsewhere = Map.of();

    /** Keys that others are to be asked about. */
    private final Set<K> watched = ConcurrentHashMap.newKeySet();

    /** @param most for each key, at least 1 */
    public KeyedCounter(int most) {
        this.most = most;
    }

    /** Counts one more. {@return false when there are as many as there may be; then it is not counted} */
    public boolean enter(K key) {
        int others = elsewhere.getOrDefault(key, 0);
        var entered = new boolean[1];
        counts.compute(key, (_, count) -> {
            int before = count == null ? 0 : count;
            entered[0] = before + others < most;
            if (entered[0]) {
                watched.add(key);
                return before + 1;
            }
            return count;
        });
        return entered[0];
    }

    /** Counts one less. */
    public void leave(K key) {
        counts.computeIfPresent(key, (_, count) -> {
            if (count == 1 && !elsewhere.containsKey(key)) {
                watched.remove(key);
            }
            return count == 1 ? null : count - 1;
        });
    }

    /**
     * {@return the keys of which others are to be asked how many they have: those that one has entered by since the last time,
     * and those that are half way to the limit}
     */
    public Set<K> watched() {
        var all = Set.copyOf(watched);
        for (K key : all) {
            if (2 * (counts.getOrDefault(key, 0) + elsewhere.getOrDefault(key, 0)) < most) {
                watched.remove(key);
            }
        }
        return all;
    }

    /** Says how many others have of the keys that were {@link #watched}; of those that are not among these, none. */
    public void elsewhere(Map<K, Integer> others) {
        elsewhere = Map.copyOf(others);
    }
}
