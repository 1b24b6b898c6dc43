package heddle.server.authentication;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.server.config.ServerConfig;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** Failed log-ins by address, within a window of time: each costs a longer delay, and too many bar the address. */
final class FailedLogins {
    private static final int MOST_ADDRESSES = 100_000;

    private final ServerConfig.Authentication config;
    private final Cache<InetAddress, AtomicInteger> counts;

    FailedLogins(ServerConfig.Authentication config) {
        this.config = config;
        counts = Caffeine.newBuilder()
                .maximumSize(MOST_ADDRESSES)
                .expireAfterWrite(config.window())
                .build();
    }

    void count(InetAddress from) {
        AtomicInteger count = counts.get(from, address -> new AtomicInteger());
        count.incrementAndGet();
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
        AtomicInteger count = counts.getIfPresent(from);
        return count == null ? 0 : count.get();
    }
}
