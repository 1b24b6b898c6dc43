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
            watched.add(key);
            return entered[0] ? Integer.valueOf(before + 1) : count;
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
     * {@return the keys of which others are to be asked how many they have: those that one has wanted to enter by since they
     * were asked last, and those that were half way to the limit then}
     */
    public Set<K> watched() {
        return Set.copyOf(watched);
    }

    /**
     * Says how many others have.
     *
     * @param asked the keys that were {@link #watched}
     * @param others of these keys; of those that are not in it, none
     */
    public void elsewhere(Set<K> asked, Map<K, Integer> others) {
        elsewhere = Map.copyOf(others);
        for (K key : asked) {
            counts.compute(key, (_, count) -> {
                int here = count == null ? 0 : count;
                if (2 * (here + others.getOrDefault(key, 0)) < most) {
                    watched.remove(key);
                }
                return count;
            });
        }
    }
}
