package heddle.server.connection;

import heddle.server.config.ServerConfig;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All connections of this process, whichever listener they came by: how many there may be, and how they end. */
public final class OpenConnections implements AutoCloseable {
    private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

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

    /** Counts a new connection, until {@link #dismiss}. {@return false when there are too many; then it is not counted} */
    boolean admit() {
        if (total.incrementAndGet() > limits.total()) {
            total.decrementAndGet();
            return false;
        }
        return true;
    }

    void dismiss() {
        total.decrementAndGet();
    }

    /**
     * Counts a client of this address, until {@link #leave}; those on this machine are not limited. {@return false when
     * there are too many; then it is not counted}
     */
    boolean enter(InetAddress client) {
        return client.isLoopbackAddress() || perAddress.enter(client);
    }

    void leave(InetAddress client) {
        if (!client.isLoopbackAddress()) {
            perAddress.leave(client);
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
     * Ends all connections, one after the other at a level rate: one that is idle finds the end of its input, one that is
     * not when it becomes so. Returns when none is left; what is left at the end is cut off.
     *
     * @param spread from the first to the last
     * @param end as {@link System#nanoTime} tells it
     */
    public void drain(Duration spread, long end) throws InterruptedException {
        draining = true;
        long begin = System.nanoTime();
        List<Transport> all = List.copyOf(open);
        for (int i = 0; i < all.size(); i++) {
            long due = begin + spread.toNanos() / all.size() * i;
            TimeUnit.NANOSECONDS.sleep(Math.min(due, end) - System.nanoTime());
            all.get(i).drain();
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
