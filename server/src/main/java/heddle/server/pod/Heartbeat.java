package heddle.server.pod;

import heddle.server.authentication.Authenticator;
import heddle.server.authentication.FailedLogins;
import heddle.server.config.ServerConfig;
import heddle.server.connection.OpenConnections;
import heddle.server.metrics.Dismissal;
import heddle.server.metrics.PodMeters;
import heddle.storage.AccountId;
import heddle.storage.Accounts;
import heddle.storage.LogInFailures;
import heddle.storage.OpenSession;
import heddle.storage.Pod;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Tells the other pods once a second what is new on this one, and learns what is new on them: whose sessions are to end, how
 * many connections and failed log-ins they have had, how many sessions too many are here. What it knows is a second or two
 * old, so limits that hold on all pods together are approximate (DESIGN §6).
 */
public final class Heartbeat implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Heartbeat.class.getName());
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** A few beats, in case one was late. */
    private static final Duration RECENT = Duration.ofSeconds(5);

    /** What clients are told that another server is to have. */
    private static final String FAREWELL = "another server has more room, please connect again";

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Storage storage;
    private final OpenConnections connections;
    private final Authenticator authenticator;
    private final Pod.Program program;
    private final Balance balance;
    private final PodMeters meters;
    private final BooleanSupplier isDraining;
    private final Thread thread;

    /** Accounts of sessions that were told of lately. */
    private final Set<AccountId> suspects = new HashSet<>();

    /** {@link System#nanoTime} when the others were told last, and since when they have been told without a pause. */
    private long beaten;

    private long beating;

    /** {@link System#nanoTime} when what others have counted was asked for last. */
    private long counted;

    private volatile boolean closed;

    /** Whether the others know everything of this pod but what has changed since the last beat. */
    private volatile boolean isKnown;

    /**
     * Prepares to beat.
     *
     * @param program this one
     * @param isDraining whether the server is stopping by now
     */
    public Heartbeat(
            Storage storage,
            OpenConnections connections,
            Authenticator authenticator,
            Pod.Program program,
            ServerConfig.Balance balance,
            PodMeters meters,
            BooleanSupplier isDraining) {
        this.storage = storage;
        this.connections = connections;
        this.authenticator = authenticator;
        this.program = program;
        this.balance = new Balance(balance);
        this.meters = meters;
        this.isDraining = isDraining;
        counted = System.nanoTime() - authenticator.failures().window().toNanos();
        thread = Thread.ofVirtual().name("heartbeat").unstarted(this::beatAlways);
    }

    /** Begins to beat. */
    public void start() {
        thread.start();
    }

    private void beatAlways() {
        while (!closed) {
            try {
                beat();
            } catch (StorageException away) {
                meters.heartbeatFailed();
                LOG.log(Level.DEBUG, "the other servers cannot be told anything now", away);
            } catch (RuntimeException bug) {
                meters.heartbeatFailed();
                LOG.log(Level.ERROR, "a heartbeat failed", bug);
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
    }

    private void beat() {
        long now = System.nanoTime();
        var load = new Pod.Load(connections.loggedIn(), isDraining.getAsBoolean());
        if (!isKnown || now - beaten > RECENT.toNanos()) {
            beating = now;
        }
        List<OpenSession> changed = tell(load);
        beaten = now;
        Set<AccountId> fresh = accounts(changed);
        suspects.addAll(fresh);
        if (now - beating > RECENT.toNanos()) {
            storage.pods().forgetSilent(); // else all may have been silent, because the database was away
        }
        endAsAsked();
        endClosedAccounts(fresh);
        countConnections();
        countFailures();
        compare(storage.pods().list(), load.isDraining());
    }

    /** Tells what is new, or everything when nobody knows what has reached the others. {@return what was told} */
    private List<OpenSession> tell(Pod.Load load) {
        boolean wasKnown = isKnown;
        isKnown = false; // until they have been told
        if (wasKnown) {
            OpenConnections.Changes changes = connections.changes();
            isKnown = storage.pods().beat(load, changes.changed(), changes.closed());
            return changes.changed();
        }
        List<OpenSession> all = connections.all();
        storage.pods().join(program, load, all);
        isKnown = true;
        return all;
    }

    private static Set<AccountId> accounts(List<OpenSession> sessions) {
        var accounts = new HashSet<AccountId>();
        for (OpenSession session : sessions) {
            AccountId account = session.account();
            if (account != null) {
                accounts.add(account);
            }
        }
        return accounts;
    }

    private void endAsAsked() {
        storage.sessions().toEnd().forEach((number, reason) -> {
            if (connections.end(number, reason)) {
                meters.dismissed(Dismissal.REQUEST, 1);
            }
        });
    }

    /**
     * Whoever closes an account ends the sessions that are known to be its. Those that were just being told of are found here:
     * the next beat looks again, because this one may have looked before the account was closed, and told after.
     */
    private void endClosedAccounts(Set<AccountId> fresh) {
        if (!suspects.isEmpty()) {
            List<AccountId> closedAccounts = storage.sessions().shutOut(suspects);
            if (!closedAccounts.isEmpty()) {
                meters.dismissed(Dismissal.REQUEST, connections.end(closedAccounts, Accounts.SHUT_OUT));
            }
            suspects.retainAll(fresh);
        }
    }

    private void countConnections() {
        Set<AccountId> accounts = authenticator.perUser().watched();
        authenticator
                .perUser()
                .elsewhere(
                        accounts,
                        accounts.isEmpty() ? Map.of() : storage.sessions().elsewhereByAccount(accounts));
        Set<InetAddress> addresses = connections.perAddress().watched();
        connections
                .perAddress()
                .elsewhere(
                        addresses,
                        addresses.isEmpty() ? Map.of() : storage.sessions().elsewhereByAddress(addresses));
    }

    private void countFailures() {
        long now = System.nanoTime();
        FailedLogins failures = authenticator.failures();
        LogInFailures all = storage.logInFailures();
        Map<InetAddress, Integer> untold = failures.untold();
        boolean isTold = untold.isEmpty();
        try {
            if (!isTold) {
                all.add(untold, failures.window());
                isTold = true;
            }
            all.countedWithin(Duration.ofNanos(now - counted).plus(RECENT)).forEach(failures::learn);
            counted = now;
        } finally {
            if (isTold) {
                failures.told(untold); // last, so that they count at every moment
            } else {
                failures.notTold(untold);
            }
        }
        all.forgetOld();
    }

    private void compare(List<Pod> pods, boolean isLeaving) {
        meters.alive(pods.size());
        int surplus = isLeaving
                ? 0
                : balance.surplus(connections.loggedIn(), pods, storage.pods().self());
        int ended = surplus == 0 ? 0 : connections.endIdle(surplus, balance.age(), FAREWELL);
        balance.sentAway(ended);
        meters.dismissed(Dismissal.BALANCE, ended);
    }

    /** Beats no more, and says so to the others if they can be told. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (thread.join(PATIENCE) && isKnown) {
                storage.pods().leave();
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        } catch (StorageException away) {
            LOG.log(Level.DEBUG, "the other servers will find out that this one has stopped", away);
        }
    }
}
