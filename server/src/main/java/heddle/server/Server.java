package heddle.server;

import heddle.server.authentication.Authenticator;
import heddle.server.command.Commands;
import heddle.server.config.ListenAddress;
import heddle.server.config.ServerConfig;
import heddle.server.connection.ConnectionHandler;
import heddle.server.connection.ConnectionServices;
import heddle.server.connection.Listener;
import heddle.server.connection.OpenConnections;
import heddle.server.connection.TlsContext;
import heddle.server.http.Administration;
import heddle.server.http.HttpEndpoint;
import heddle.server.http.ReadinessCheck;
import heddle.server.lmtp.LmtpService;
import heddle.server.metrics.Limit;
import heddle.server.metrics.PodMeters;
import heddle.server.metrics.ServerMetrics;
import heddle.server.metrics.SessionMeters;
import heddle.server.pod.Heartbeat;
import heddle.server.session.ImapConnection;
import heddle.server.session.SessionSettings;
import heddle.server.spool.Spool;
import heddle.storage.Pod;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.embedded.EmbeddedDatabase;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.java21.instrument.binder.jdk.VirtualThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A running server: everything that is started, and stopped again in the opposite order. */
public final class Server implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Server.class.getName());

    private final ServerConfig config;
    private final OpenConnections connections;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, ListenAddress> addresses = new LinkedHashMap<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final CountDownLatch startEnd = new CountDownLatch(1);
    private final CountDownLatch failure = new CountDownLatch(1);

    /** Null until the database can be used. */
    private volatile @Nullable Storage storage;

    private volatile Phase phase = Phase.STARTING;

    private enum Phase {
        STARTING,
        RUNNING,
        STOPPING
    }

    /** Prepares a server, which is then to be started, and may be closed before that is done. */
    public Server(ServerConfig config) {
        this.config = config;
        connections = opened(
                new OpenConnections(config.connections(), config.timeouts().write()));
    }

    /** {@return a server that was started: see {@link #start()}} */
    public static Server start(ServerConfig config) throws IOException {
        var server = new Server(config);
        server.start();
        return server;
    }

    /**
     * Starts; when this returns, clients are served.
     *
     * @throws IOException when something cannot be started; what already was is stopped again
     * @throws CancellationException when the server is closed meanwhile
     */
    public void start() throws IOException {
        try {
            startAll();
        } catch (IOException | RuntimeException failed) {
            if (enter(Phase.STOPPING) == Phase.STOPPING) {
                throw new CancellationException("the server was closed while it started");
            }
            failure.countDown();
            closeParts();
            throw failed;
        } finally {
            startEnd.countDown();
        }
    }

    private void startAll() throws IOException {
        Path data = Files.createDirectories(config.dataDirectory());
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var metrics = opened(new ServerMetrics(registry));
        metrics.serving(() -> phase == Phase.RUNNING);
        var tls = TlsContext.open(config.tls(), data);
        metrics.certificate(tls::expiry);
        // First, because it may take long until the tables are up to date: a server that waits for it lives.
        HttpEndpoint http = openHttp(registry);
        Storage storage = opened(StorageLauncher.open(config, registry, this::adopted));
        this.storage = storage;
        var services = new ConnectionServices(
                storage.pods().self(), connections, tls, metrics, config.timeouts(), config.proxy());
        var settings = SessionSettings.of(config);
        var authenticator = new Authenticator(storage, config, metrics);
        var spool = new Spool(config.spool(), () -> metrics.limitHit(Limit.SPOOL));
        metrics.spool(spool::bytes);
        var commands = new Commands(storage, authenticator, spool, settings);
        for (Listener.Kind kind : List.of(Listener.Kind.IMAP, Listener.Kind.IMAPS)) {
            SessionMeters sessions = metrics.sessions(kind.label());
            listen(kind, services, transport -> {
                new ImapConnection(commands, settings, metrics, sessions, transport).serve();
            });
        }
        listen(Listener.Kind.LMTP, services, new LmtpService(storage, config, spool, metrics));
        if (http != null) {
            addresses.put("http", http.address());
        }
        opened(heartbeat(storage, authenticator, registry)).start();
        enter(Phase.RUNNING);
        watchVirtualThreads(registry);
    }

    /** Lets the virtual machine record events, at the end: to begin with it takes a while that no client needs to wait. */
    private void watchVirtualThreads(MeterRegistry registry) {
        try {
            opened(new VirtualThreadMetrics()).bindTo(registry);
        } catch (IllegalStateException stopping) {
            LOG.log(Level.DEBUG, "no events are recorded: the process has been told to stop", stopping);
        }
    }

    private @Nullable HttpEndpoint openHttp(PrometheusMeterRegistry registry) throws IOException {
        ListenAddress address = config.listeners().http();
        return address == null
                ? null
                : opened(HttpEndpoint.open(address, registry, readiness(), new Administration(this::storage)));
    }

    private Storage storage() {
        Storage open = storage;
        if (open == null) {
            throw new StorageException(StorageException.Reason.UNAVAILABLE, "the server is starting");
        }
        return open;
    }

    private Heartbeat heartbeat(Storage storage, Authenticator authenticator, MeterRegistry registry) {
        return new Heartbeat(
                storage,
                connections,
                authenticator,
                new Pod.Program(config.pod().name(), Version.number(), storage.schemaVersion()),
                config.pod().balance(),
                new PodMeters(registry),
                () -> phase == Phase.STOPPING);
    }

    /**
     * Takes charge of the embedded database. When that dies the server does not start it again, but ends: the next start
     * recovers, and what starts a server again when it ends is there already.
     */
    private EmbeddedDatabase adopted(EmbeddedDatabase database) {
        database.onUnexpectedEnd(() -> {
            LOG.log(Level.ERROR, "the embedded database has died, and so the server stops");
            failure.countDown();
        });
        return opened(database);
    }

    private @Nullable ListenAddress address(Listener.Kind kind) {
        return switch (kind) {
            case IMAP -> config.listeners().imap();
            case IMAPS -> config.listeners().imaps();
            case LMTP -> config.listeners().lmtp();
        };
    }

    private void listen(Listener.Kind kind, ConnectionServices services, ConnectionHandler handler) throws IOException {
        ListenAddress address = address(kind);
        if (address == null) {
            return;
        }
        InetSocketAddress socketAddress = address.socketAddress();
        if (socketAddress.isUnresolved()) {
            throw new IOException("cannot listen at " + address + " for " + kind.label() + ": unknown host");
        }
        Listener listener = opened(Listener.open(kind, socketAddress, services, handler));
        listeners.add(listener);
        addresses.put(
                kind.label(),
                new ListenAddress(address.host(), listener.address().getPort()));
    }

    private List<ReadinessCheck> readiness() {
        return List.of(
                new ReadinessCheck("running", () -> switch (phase) {
                    case STARTING -> Optional.of("starting");
                    case RUNNING -> Optional.empty();
                    case STOPPING -> Optional.of("stopping");
                }),
                new ReadinessCheck("database", this::databaseObstacle));
    }

    private Optional<String> databaseObstacle() {
        Storage open = storage;
        if (open == null) {
            return Optional.of("is not in use yet");
        }
        return open.isReachable() ? Optional.empty() : Optional.of("does not answer");
    }

    /** {@return where it listens, with the true port numbers: {@code imap}, {@code imaps}, {@code lmtp}, {@code http}} */
    public Map<String, ListenAddress> addresses() {
        return Collections.unmodifiableMap(addresses);
    }

    /** Waits until the server cannot go on; it is to be closed then. */
    public void awaitFailure() throws InterruptedException {
        failure.await();
    }

    /** Whether it cannot go on. */
    public boolean hasFailed() {
        return failure.getCount() == 0;
    }

    /**
     * Stops: it is no longer ready; when balancers have noticed, nobody is accepted any more; idle clients are sent away at
     * a level rate, others after the command that runs; and then everything is closed (DESIGN §6). One that is still
     * starting has served nobody, and its start is waited for only as long as it has a database of its own in hand: what is
     * not committed in another, such as a migration, is taken back there when the process ends.
     */
    @Override
    public void close() {
        Phase before = enter(Phase.STOPPING);
        if (before != Phase.STOPPING) {
            LOG.log(Level.INFO, "stopping");
            if (before == Phase.RUNNING) {
                sendClientsAway();
            }
            closeParts();
            LOG.log(Level.INFO, "stopped");
        }
        if (config.database().url() == null) {
            awaitStartEnd();
        }
    }

    private void sendClientsAway() {
        long end = System.nanoTime() + config.shutdown().grace().toNanos();
        try {
            Thread.sleep(config.shutdown().delay());
            listeners.forEach(Listener::close);
            connections.drain(config.shutdown().spread(), end);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
        listeners.forEach(Listener::close);
    }

    private void awaitStartEnd() {
        try {
            startEnd.await();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    /** Goes on to another phase; none follows that of stopping. {@return the one before} */
    private synchronized Phase enter(Phase next) {
        Phase before = phase;
        if (before != Phase.STOPPING) {
            phase = next;
        }
        return before;
    }

    private void closeParts() {
        for (AutoCloseable part = lastPart(); part != null; part = lastPart()) {
            close(part);
        }
    }

    private synchronized @Nullable AutoCloseable lastPart() {
        return parts.pollLast();
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception failed) {
            LOG.log(Level.WARNING, "a part of the server did not stop as it should", failed);
        }
    }

    /** Has it closed with the server, at once if that has been closed meanwhile. */
    private <T extends AutoCloseable> T opened(T part) {
        if (!keep(part)) {
            close(part);
            throw new CancellationException("the server is closed");
        }
        return part;
    }

    private synchronized boolean keep(AutoCloseable part) {
        return phase != Phase.STOPPING && parts.add(part);
    }
}
