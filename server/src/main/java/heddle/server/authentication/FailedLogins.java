package heddle.server.authentication;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.server.config.ServerConfig;
import heddle.storage.LogInFailures;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Failed log-ins by address, within a window of time: each costs a longer delay, and too many bar the address. Those on other
 * servers count as soon as these have told of them.
 */
public final class FailedLogins {
    private static final int MOST_ADDRESSES = 100_000;

    private final ServerConfig.Authentication config;
    private final Cache<InetAddress, Count> counts;

    /** Addresses that other servers have yet to be told of. */
    private final Set<InetAddress> untold = ConcurrentHashMap.newKeySet();

    /** The failures from one address: those that all servers know of, and those that only this one does. */
    private static final class Count {
        final AtomicInteger untold = new AtomicInteger();
        volatile int told;
        volatile long end;

        Count(Duration left) {
            end = System.nanoTime() + left.toNanos();
        }

        /** One more; when the window is over, it is the first of another. */
        void add(Duration window) {
            if (isOver()) {
                told = 0;
                end = System.nanoTime() + window.toNanos();
            }
            untold.incrementAndGet();
        }

        int sum() {
            return isOver() ? 0 : told + untold.get();
        }

        private boolean isOver() {
            return System.nanoTime() - end >= 0;
        }
    }

    FailedLogins(ServerConfig.Authentication config) {
        this.config = config;
        counts = Caffeine.newBuilder()
                .maximumSize(MOST_ADDRESSES)
                .expireAfterWrite(config.window())
                .build();
    }

    void count(InetAddress from) {
        counts.get(from, _ -> new Count(config.window())).add(config.window());
        untold.add(from);
    }

    boolean isBarred(InetAddress from) {
        return of(from) >= config.failuresPerAddress();
    }

    /** The first delay, doubled for each further failure, up to the longest. */
    long delayMillis(InetAddress from) {
        int doubled = Math.min(30, Math.max(0, of(from) - 1));
        return Math.min(config.longestDelay().toMillis(), config.firstDelay().toMillis() << doubled);
    }

    private int of(InetAddress from) {
        Count count = counts.getIfPresent(from);
        return count == null ? 0 : count.sum();
    }

    /** {@return how long a failure counts} */
    public Duration window() {
        return config.window();
    }

    /** {@return the failures that other servers have yet to be told of; afterwards to be given to {@link #told} or {@link #notTold}} */
    public Map<InetAddress, Integer> untold() {
        var failures = new HashMap<InetAddress, Integer>();
        for (Iterator<InetAddress> each = untold.iterator(); each.hasNext(); ) {
            InetAddress address = each.next();
            each.remove(); // first: what is counted from here on is told next time
            Count count = counts.getIfPresent(address);
            if (count != null && count.untold.get() > 0) {
                failures.put(address, count.untold.get());
            }
        }
        return failures;
    }

    /** All servers know of these failures now, and they are in what they {@link #learn} of each other. */
    public void told(Map<InetAddress, Integer> failures) {
        failures.forEach((address, number) -> {
            Count count = counts.getIfPresent(address);
            if (count != null) {
                count.untold.addAndGet(-number);
            }
        });
    }

    /** Nobody could be told of these failures: they are {@link #untold} again. */
    public void notTold(Map<InetAddress, Integer> failures) {
        untold.addAll(failures.keySet());
    }

    /**
     * Takes over what all servers together have counted, but for what is untold here; if that is less than what they had
     * counted before, their count was lost, and the one from before holds until its window is over.
     */
    public void learn(LogInFailures.Count all) {
        Count count = counts.get(all.address(), _ -> new Count(all.left()));
        if (all.failures() >= count.told || count.isOver()) {
            count.told = all.failures();
            count.end = System.nanoTime() + all.left().toNanos();
        }
    }
}
