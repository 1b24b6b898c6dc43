package heddle.server.pod;

import heddle.server.config.ServerConfig;
import heddle.storage.Pod;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Says how many sessions a pod has too many, so that one that is new gets its share: clients that are sent away come back by
 * the balancer, which gives them to whoever has the fewest. A pod gives away only what it has above a good deal more than the
 * mean, at a level rate; sent away clients leave the mean as it was, so that nobody gives away what he was given.
 */
final class Balance {
    /** So many sessions above the mean are nothing: where there are few, chance alone makes the difference. */
    private static final int SLACK = 10;

    /** For so many beats a client that was sent away counts still: until it is back, and the others have told of it. */
    private static final int RETURN = 5;

    private final ServerConfig.Balance config;
    private final Deque<Integer> sentAway = new ArrayDeque<>();

    Balance(ServerConfig.Balance config) {
        this.config = config;
    }

    /** {@return how long a session has been there before it is sent away} */
    Duration age() {
        return config.age();
    }

    /**
     * {@return how many sessions to end within the next second}
     *
     * @param own how many this pod has now
     * @param alive all pods that live, with what they had when they said so last
     * @param self the id of this one
     */
    int surplus(int own, List<Pod> alive, long self) {
        List<Pod> others = alive.stream()
                .filter(pod -> pod.id() != self && !pod.load().isDraining())
                .toList();
        Integer percent = config.percent();
        if (others.isEmpty() || percent == null) {
            return 0;
        }
        long all = own
                + others.stream().mapToLong(pod -> pod.load().sessions()).sum()
                + sentAway.stream().mapToLong(Integer::longValue).sum();
        long pods = others.size() + 1L;
        long most = Math.max(Math.ceilDiv(all * percent, 100 * pods), Math.ceilDiv(all, pods) + SLACK);
        return Math.clamp(own - most, 0, config.rate());
    }

    /** Remembers how many were sent away in this beat, which may be none. */
    void sentAway(int count) {
        sentAway.addLast(count);
        if (sentAway.size() > RETURN) {
            sentAway.removeFirst();
        }
    }
}
