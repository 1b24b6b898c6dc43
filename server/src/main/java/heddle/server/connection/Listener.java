package heddle.server.connection;

import heddle.server.logging.LogFields;
import heddle.server.logging.SeldomLine;
import heddle.server.metrics.Limit;
import heddle.server.metrics.ListenerMeters;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;

/**
 * Waits for clients at one address and gives each a virtual thread. It goes on when the process has run out of file
 * descriptors; a client over a limit is told so and closed.
 */
public final class Listener implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Listener.class.getName());
    private static final int BACKLOG = 4096;
    private static final long PAUSE_AFTER_FAILURE = 100; // ms

    /** Clients that are being told to go away at once; further ones are closed without a word. */
    private static final int REFUSALS = 100;

    /** What is spoken at a listener. */
    public enum Kind {
        IMAP("imap", false, "* BYE too many connections\r\n"),
        IMAPS("imaps", true, "* BYE too many connections\r\n"),
        LMTP("lmtp", false, "421 4.3.2 too many connections\r\n");

        private final String label;
        private final boolean tlsFromTheStart;
        private final String refusal;

        Kind(String label, boolean tlsFromTheStart, String refusal) {
            this.label = label;
            this.tlsFromTheStart = tlsFromTheStart;
            this.refusal = refusal;
        }

        /** {@return its name in settings, metrics and logs} */
        public String label() {
            return label;
        }
    }

    private final Kind kind;
    private final ServerSocket server;
    private final ConnectionServices services;
    private final ConnectionHandler handler;
    private final ListenerMeters meters;
    private final Semaphore refusals = new Semaphore(REFUSALS);
    private final SeldomLine full = new SeldomLine(LOG, "clients are turned away: there are too many connections");
    private final SeldomLine crowded =
            new SeldomLine(LOG, "clients are turned away: an address has too many connections");
    private final SeldomLine strange = new SeldomLine(LOG, "clients are turned away: their PROXY header is wrong");

    Listener(Kind kind, ServerSocket server, ConnectionServices services, ConnectionHandler handler) {
        this.kind = kind;
        this.server = server;
        this.services = services;
        this.handler = handler;
        this.meters = services.metrics().listener(kind.label);
        Thread.ofPlatform().name("accept-" + kind.label).daemon().start(this::acceptAll);
    }

    /**
     * Opens a listener and begins to accept.
     *
     * @param address port 0 for any free port
     * @throws IOException when the address cannot be bound; the message names it
     */
    public static Listener open(
            Kind kind, InetSocketAddress address, ConnectionServices services, ConnectionHandler handler)
            throws IOException {
        var server = new ServerSocket();
        try {
            server.bind(address, BACKLOG);
        } catch (IOException refused) {
            server.close();
            throw new IOException(
                    "cannot listen at %s:%d for %s: %s"
                            .formatted(address.getHostString(), address.getPort(), kind.label, refused.getMessage()),
                    refused);
        }
        return new Listener(kind, server, services, handler);
    }

    /** {@return where it listens} */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /** Accepts nobody any more; connections that are open stay so. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failed) {
            LOG.log(Level.WARNING, "closing a listener failed", failed);
        }
    }

    private void acceptAll() {
        boolean failing = false;
        while (!server.isClosed()) {
            try {
                accept(server.accept());
                failing = false;
            } catch (IOException failed) {
                if (server.isClosed()) {
                    return;
                }
                if (!failing) {
                    LOG.log(Level.WARNING, "{0}: cannot accept, trying on: {1}", kind.label, failed.getMessage());
                }
                failing = true;
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE);
        } catch (InterruptedException ignored) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(Socket socket) throws IOException {
        if (services.connections().admit()) {
            Thread.ofVirtual().name(kind.label).start(() -> {
                try {
                    serve(socket, this::serve);
                } finally {
                    services.connections().dismiss();
                }
            });
            return;
        }
        services.metrics().limitHit(Limit.CONNECTIONS_TOTAL);
        full.happened(fields(socket.getInetAddress()));
        if (refusals.tryAcquire()) {
            Thread.ofVirtual().start(() -> {
                try {
                    serve(socket, this::refuse);
                } finally {
                    refusals.release();
                }
            });
        } else {
            socket.close();
        }
    }

    private void serve(Socket socket, ConnectionHandler how) {
        try (socket) {
            Transport transport = Transport.over(socket, kind.label, services, meters);
            transport.activity().<RuntimeException>run(() -> serve(transport, how));
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "{0}: a connection ended before it began: {1}", kind.label, gone);
        }
    }

    private void serve(Transport opened, ConnectionHandler how) {
        try (Transport transport = opened) {
            if (transport.meetClient()) {
                how.serve(transport);
            }
        } catch (ProxyHeaderException wrong) {
            meters.proxyRefused();
            strange.happened(fields(opened.remote().getAddress()).with("reason", wrong.text()));
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "{0}: a connection ended: {1}", kind.label, gone);
        } catch (RuntimeException bug) {
            LOG.log(Level.ERROR, kind.label + ": a connection was given up", bug);
        }
    }

    private void serve(Transport transport) throws IOException {
        InetAddress client = transport.remote().getAddress();
        if (!services.connections().enter(client)) {
            services.metrics().limitHit(Limit.CONNECTIONS_PER_ADDRESS);
            crowded.happened(fields(client));
            refuse(transport);
            return;
        }
        try {
            transport.enter();
            startTlsIfDue(transport);
            handler.serve(transport);
        } finally {
            services.connections().leave(client);
        }
    }

    private LogFields fields(InetAddress client) {
        return new LogFields().with("listener", kind.label).with("address", client.getHostAddress());
    }

    private void refuse(Transport transport) throws IOException {
        startTlsIfDue(transport);
        transport.output().write(kind.refusal.getBytes(StandardCharsets.US_ASCII));
    }

    private void startTlsIfDue(Transport transport) throws IOException {
        if (kind.tlsFromTheStart) {
            transport.startTls();
        }
    }
}
