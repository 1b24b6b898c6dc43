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
 * mean, at a level rate; sent away clients leave the mean as it was, so that nobody gives away what he was given. When all
 * of them come back to where they were, nothing leads them elsewhere, and it rests.
 */
final class Balance {
    /** So many sessions above the mean are nothing: where there are few, chance alone makes the difference. */
    private static final int SLACK = 10;

    /** For so many beats a client that was sent away counts still: until it is back, and the others have told of it. */
    private static final int RETURN = 5;

    /** For so many beats it rests when it was of no use: 10 min. */
    private static final int REST = 600;

    /** For so long a pod that counts may be without any session: one that clients can come to has some before that. */
    private static final Duration EMPTY = Duration.ofMinutes(10);

    private final ServerConfig.Balance config;
    private final Deque<Integer> sentAway = new ArrayDeque<>();

    /** Since the last time that there was no surplus: how many were here at first, how many too many, and how many went. */
    private int ownAtFirst;

    private long surplusAtFirst;
    private long gone;
    private int rest;

    Balance(ServerConfig.Balance config) {
        this.config = config;
    }

    /** {@return how long a session has been there before it is sent away} */
    Duration age() {
        return config.age();
    }

    /**
     * {@return how many sessions to end within the next second}; to be asked once in each beat
     *
     * @param own how many this pod has now
     * @param alive all pods that live, with what they had when they said so last
     * @param self the id of this one
     */
    int surplus(int own, List<Pod> alive, long self) {
        List<Pod> others = alive.stream()
                .filter(pod -> pod.id() != self && !pod.load().isDraining() && takesClients(pod))
                .toList();
        Integer percent = config.percent();
        if (others.isEmpty() || percent == null || isResting()) {
            return 0;
        }
        long onTheWay = sentAway.stream().mapToLong(Integer::longValue).sum();
        long all = own
                + onTheWay
                + others.stream().mapToLong(pod -> pod.load().sessions()).sum();
        long pods = others.size() + 1L;
        long most = Math.max(Math.ceilDiv(all * percent, 100 * pods), Math.ceilDiv(all, pods) + SLACK);
        long surplus = own - most;
        if (surplus <= 0) {
            gone = 0;
            return 0;
        }
        if (gone == 0) {
            ownAtFirst = own;
            surplusAtFirst = surplus;
        }
        if (gone >= 2 * surplusAtFirst && own + onTheWay >= ownAtFirst) {
            gone = 0;
            rest = REST;
            return 0;
        }
        return Math.clamp(surplus, 0, config.rate());
    }

    /**
     * Whether clients that are sent away may come to this pod. One that has just begun may not be ready yet, and a balancer
     * has to find it. One that has been there for long and is empty takes only mail, say, or no balancer leads to it.
     */
    private boolean takesClients(Pod pod) {
        Duration age = Duration.between(pod.started(), pod.seen()).minus(config.age());
        return !age.isNegative() && (pod.load().sessions() > 0 || age.compareTo(EMPTY) < 0);
    }

    private boolean isResting() {
        if (rest > 0) {
            rest--;
        }
        return rest > 0;
    }

    /** Remembers how many were sent away in this beat, which may be none. */
    void sentAway(int count) {
        gone += count;
        sentAway.addLast(count);
        if (sentAway.size() > RETURN) {
            sentAway.removeFirst();
        }
    }
}
