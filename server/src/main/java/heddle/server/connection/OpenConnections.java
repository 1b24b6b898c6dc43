package heddle.server.connection;

import heddle.server.config.ServerConfig;
import heddle.server.metrics.SessionEnd;
import heddle.storage.AccountId;
import heddle.storage.OpenSession;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** All connections of this process, whichever listener they came by: how many there may be, and how they end. */
public final class OpenConnections implements AutoCloseable {
    private static final Logger LOG = System.getLogger(OpenConnections.class.getName());

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** How long a connection that was told to end may go on with its command; a server that stops has a time of its own. */
    private static final Duration LAST_COMMAND = Duration.ofSeconds(30);

    /** How long a connection that was cut off has to say so in the log, before the process is over. */
    private static final Duration LAST_LINE = Duration.ofSeconds(1);

    /** How long a client has not asked for anything that is taken to be at rest. */
    private static final Duration REST = Duration.ofSeconds(3);

    private static final String STOPPING = "the server is stopping";

    private final ServerConfig.Connections limits;
    private final Duration writeTimeout;
    private final Duration lastCommand;
    private final Map<Long, Transport> open = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger total = new AtomicInteger();
    private final KeyedCounter<InetAddress> perAddress;

    /** Numbers of connections that others have not been told of as they are now; they may be closed. */
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();

    private final Thread watchdog;
    private volatile boolean draining;
    private volatile boolean closed;

    /** @param writeTimeout how long a write may make no progress */
    public OpenConnections(ServerConfig.Connections limits, Duration writeTimeout) {
        this(limits, writeTimeout, LAST_COMMAND);
    }

    /** @param lastCommand how long a connection that was told to end may go on with its command */
    OpenConnections(ServerConfig.Connections limits, Duration writeTimeout, Duration lastCommand) {
        this.limits = limits;
        this.writeTimeout = writeTimeout;
        this.lastCommand = lastCommand;
        perAddress = new KeyedCounter<>(limits.perAddress());
        watchdog = Thread.ofPlatform().name("connection-watchdog").daemon().start(this::watch);
    }

    /** What has become of connections: those that are new or other than before, and the numbers of those that are closed. */
    public record Changes(List<OpenSession> changed, long[] closed) {}

    /** {@return how many connections there are} */
    public int count() {
        return open.size();
    }

    /** {@return on how many of them somebody has logged in} */
    public int loggedIn() {
        return (int) open.values().stream()
                .filter(transport -> transport.account() != null)
                .count();
    }

    /** {@return all connections that are not just being refused; {@link #changes} are those from now on} */
    public List<OpenSession> all() {
        changed.clear();
        return open.values().stream()
                .filter(Transport::hasEntered)
                .map(Transport::session)
                .toList();
    }

    /** {@return what has changed since this was asked last} */
    public Changes changes() {
        var sessions = new ArrayList<OpenSession>();
        LongStream.Builder closed = LongStream.builder();
        for (Iterator<Long> each = changed.iterator(); each.hasNext(); ) {
            Long number = each.next();
            each.remove(); // first: what changes from here on is told next time
            Transport transport = open.get(number);
            if (transport == null) {
                closed.add(number);
            } else if (transport.hasEntered()) {
                sessions.add(transport.session());
            }
        }
        return new Changes(sessions, closed.build().toArray());
    }

    /** {@return how many connections there are from each address} */
    public KeyedCounter<InetAddress> perAddress() {
        return perAddress;
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

    /** {@return the number of a new connection} */
    long nextNumber() {
        return numbers.incrementAndGet();
    }

    void add(Transport transport) {
        open.put(transport.number(), transport);
        changed(transport);
        if (draining) {
            transport.end(STOPPING);
        }
        if (closed) { // after all others were cut off
            transport.abort(SessionEnd.DISMISSED);
        }
    }

    void remove(Transport transport) {
        open.remove(transport.number());
        changed(transport);
    }

    /** A connection is not what others were told. */
    void changed(Transport transport) {
        changed.add(transport.number());
    }

    /** Ends one connection as soon as it is idle. {@return false when it is closed, or told to end already} */
    public boolean end(long number, String farewell) {
        Transport transport = open.get(number);
        return transport != null && transport.end(farewell);
    }

    /** Ends the connections of these accounts, each as soon as it is idle. {@return how many} */
    public int end(Collection<AccountId> accounts, String farewell) {
        int ended = 0;
        for (Transport transport : open.values()) {
            AccountId account = transport.account();
            if (account != null && accounts.contains(account) && transport.end(farewell)) {
                ended++;
            }
        }
        return ended;
    }

    /**
     * Ends some logged-in connections that are at rest, one after the other within a second; does not wait for it.
     *
     * @param age how long they have been there at least
     * @return how many, but for those that get something to do within the second
     */
    public int endIdle(int most, Duration age, String farewell) {
        List<Transport> some = open.values().stream()
                .filter(transport -> transport.account() != null
                        && transport.isIdle(REST)
                        && transport.farewell().isEmpty()
                        && transport.age().compareTo(age) >= 0)
                .limit(most)
                .toList();
        Thread.ofVirtual().name("balance").start(() -> {
            try {
                inTurn(some, SECOND, System.nanoTime() + SECOND.toNanos(), transport -> {
                    if (transport.isIdle(REST)) {
                        transport.end(farewell);
                    }
                });
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        return some.size();
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
        inTurn(List.copyOf(open.values()), spread, end, transport -> transport.end(STOPPING));
        awaitNone(end);
        cutOff();
        awaitNone(System.nanoTime() + LAST_LINE.toNanos());
    }

    private void awaitNone(long end) throws InterruptedException {
        while (!open.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(10);
        }
    }

    private void cutOff() {
        open.values().forEach(transport -> transport.abort(SessionEnd.DISMISSED));
    }

    private static void inTurn(List<Transport> some, Duration spread, long end, Consumer<Transport> done)
            throws InterruptedException {
        long begin = System.nanoTime();
        for (int i = 0; i < some.size(); i++) {
            long due = begin + spread.toNanos() / some.size() * i;
            TimeUnit.NANOSECONDS.sleep(Math.min(due, end) - System.nanoTime());
            done.accept(some.get(i));
        }
    }

    /** Cuts off whatever is open. */
    @Override
    public void close() {
        closed = true;
        watchdog.interrupt();
        cutOff();
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(SECOND);
                for (Transport transport : open.values()) {
                    lookAfter(transport);
                }
            }
        } catch (InterruptedException closed) {
            // The server has stopped.
        }
    }

    private void lookAfter(Transport transport) {
        try {
            transport.endIfSilent();
            transport.abortIfStalled(writeTimeout);
            if (!draining) {
                transport.abortIfOverdue(lastCommand);
            }
        } catch (RuntimeException bug) {
            LOG.log(Level.ERROR, "looking after a connection failed", bug);
        }
    }
}
