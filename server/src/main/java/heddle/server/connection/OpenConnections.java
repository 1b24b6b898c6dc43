package heddle.server.connection;

import heddle.server.config.ServerConfig;
import heddle.server.metrics.Limit;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All connections of this process, whichever listener they came by: how many there may be, and how they end. */
public final class OpenConnections implements AutoCloseable {
    private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

    /** Between the ends of two idle connections, so that not all clients come back at once. */
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

    private final ServerConfig.Connections limits;
    private final Duration writeTimeout;
    private final Set<Transport> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger total = new AtomicInteger();
    private final KeyedCounter<InetAddress> perAddress;
    private final Thread watchdog;
    private volatile boolean draining;

    /** @param writeTimeout how long a write may make no progress */
    public OpenConnections(ServerConfig.Connections limits, Duration writeTimeout) {
        this.limits = limits;
        this.writeTimeout = writeTimeout;
        perAddress = new KeyedCounter<>(limits.perAddress());
        watchdog = Thread.ofPlatform().name("write-watchdog").daemon().start(this::watch);
    }

    /** {@return how many connections there are} */
    public int count() {
        return open.size();
    }

    /** Counts a new connection from there. {@return the limit that stands against it, and then it is not counted} */
    Optional<Limit> admit(InetAddress from) {
        if (total.incrementAndGet() > limits.total()) {
            total.decrementAndGet();
            return Optional.of(Limit.CONNECTIONS_TOTAL);
        }
        if (!from.isLoopbackAddress() && !perAddress.enter(from)) {
            total.decrementAndGet();
            return Optional.of(Limit.CONNECTIONS_PER_ADDRESS);
        }
        return Optional.empty();
    }

    /** Undoes {@link #admit}. */
    void dismiss(InetAddress from) {
        total.decrementAndGet();
        if (!from.isLoopbackAddress()) {
            perAddress.leave(from);
        }
    }

    void add(Transport transport) {
        open.add(transport);
        if (draining) {
            transport.drain();
        }
    }

    void remove(Transport transport) {
        open.remove(transport);
    }

    /**
     * Ends all connections: the idle ones find the end of their input, one after the other within the first half of the
     * grace period; the others when they become idle. What is left after it is cut off. Returns when none is left.
     */
    public void drain(Duration grace) throws InterruptedException {
        draining = true;
        long end = System.nanoTime() + grace.toNanos();
        long pause = Math.min(LONGEST_PAUSE, grace.toNanos() / 2 / Math.max(1, open.size()));
        for (Transport transport : open) {
            transport.drain();
            TimeUnit.NANOSECONDS.sleep(pause);
        }
        while (!open.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        open.forEach(Transport::abort);
    }

    /** Cuts off whatever is open. */
    @Override
    public void close() {
        watchdog.interrupt();
        open.forEach(Transport::abort);
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(WATCH_INTERVAL);
                for (Transport transport : open) {
                    transport.abortIfStalled(writeTimeout);
                }
            }
        } catch (InterruptedException closed) {
            // The server has stopped.
        }
    }
}
