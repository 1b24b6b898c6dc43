package heddle.server.connection;

import heddle.server.config.ServerConfig;
import heddle.server.logging.LogFields;
import heddle.server.metrics.Limit;
import heddle.server.metrics.ListenerMeters;
import heddle.server.metrics.SessionEnd;
import heddle.server.metrics.TlsVersion;
import heddle.storage.AccountId;
import heddle.storage.Activity;
import heddle.storage.OpenSession;
import heddle.storage.SessionId;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One client's stream. Its input and output stay the same while the layers below them change: TCP, then TLS, from the
 * first byte or after STARTTLS, then DEFLATE.
 *
 * <p>One thread reads at a time, and one writes: who shares the output brings the lock. {@link #close} may wait for a slow
 * client; {@link #abort} does not and may be called by anybody.
 */
public final class Transport implements Closeable {
    private static final Logger LOG = System.getLogger(Transport.class.getName());

    /**
     * How long, or a second longer, a closed connection may still take to end its side, so that our last words are not lost
     * with a reset.
     */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final int MOST_DRAINED = 256 << 10;

    private final Socket socket;
    private final String listener;
    private final long number;
    private final long opened = System.nanoTime();
    private final Activity activity;
    private final ConnectionServices services;
    private final ListenerMeters meters;
    private final SocketLayer tcp;
    private final InputStream input = new Input();
    private final OutputStream output = new Output();
    private volatile Layer top;
    private volatile @Nullable DeflateLayer deflate;
    private volatile @Nullable SSLSession tls;
    private @Nullable ProxyHeader proxied;
    private volatile @Nullable AccountId account;
    private volatile boolean idle;
    private volatile boolean entered;
    private volatile @Nullable String farewell;
    private volatile @Nullable SessionEnd cutOff;

    /** {@link System#nanoTime} when it became idle last, and when it was told to end. */
    private volatile long idleSince = opened;

    private volatile long told;
    private boolean closed;

    private Transport(Socket socket, String listener, ConnectionServices services, ListenerMeters meters)
            throws IOException {
        this.socket = socket;
        this.listener = listener;
        number = services.connections().nextNumber();
        activity = new Activity(new SessionId(services.pod(), number));
        this.services = services;
        this.meters = meters;
        tcp = new SocketLayer(socket, meters);
        top = tcp;
    }

    /**
     * Takes charge of an accepted socket: it is one of the open connections until it is closed.
     *
     * @param listener by which it came
     */
    static Transport over(Socket socket, String listener, ConnectionServices services, ListenerMeters meters)
            throws IOException {
        socket.setTcpNoDelay(true);
        var transport = new Transport(socket, listener, services, meters);
        meters.opened();
        services.connections().add(transport);
        return transport;
    }

    /**
     * Learns from the balancer who the client is, if it comes from one.
     *
     * @return whether there is a client; a health check may have left already
     * @throws IOException when no good header comes in time
     */
    boolean meetClient() throws IOException {
        ServerConfig.Proxy proxy = services.proxy();
        if (!proxy.contains(socket.getInetAddress())) {
            tcp.refuseProxyHeader();
            return true;
        }
        SocketLayer.Patience before = tcp.readDeadline(proxy.timeout());
        try {
            Optional<ProxyHeader> header = ProxyHeader.read(input);
            proxied = header.orElse(null);
            if (isTls()) {
                meters.secured(TlsVersion.NONE, tlsVersion());
            }
            services.connections().changed(this);
            tcp.resume(before);
            return header.isPresent();
        } catch (SocketTimeoutException silent) {
            services.metrics().limitHit(Limit.PROXY_TIME);
            throw new ProxyHeaderException("no PROXY header in time");
        }
    }

    /** {@return its number among the connections of this process} */
    long number() {
        return number;
    }

    /** Says that it is not one too many: others are told of it from now on. */
    void enter() {
        entered = true;
        services.connections().changed(this);
    }

    boolean hasEntered() {
        return entered;
    }

    /** Says who has logged in, null for nobody any more. */
    public void account(@Nullable AccountId loggedIn) {
        account = loggedIn;
        services.connections().changed(this);
    }

    /** {@return who has logged in, null for nobody} */
    @Nullable
    AccountId account() {
        return account;
    }

    /** {@return the time since it was accepted} */
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - opened);
    }

    /** {@return what other servers are told of it} */
    OpenSession session() {
        return new OpenSession(
                number, account, remote().getAddress(), new OpenSession.Access(listener, isTls()), age());
    }

    /** {@return what the client sends; reading more than one byte at a time is much cheaper} */
    public InputStream input() {
        return input;
    }

    /** {@return what goes to the client at once, unbuffered; pieces of 32 KiB are the most efficient} */
    public OutputStream output() {
        return output;
    }

    /** {@return what is done on behalf of this client} */
    public Activity activity() {
        return activity;
    }

    /** {@return what the log says of every connection that ends: from where, how long, how much} */
    public LogFields summary() {
        InetSocketAddress client = remote();
        return new LogFields()
                .with("listener", listener)
                .with("address", client.getAddress().getHostAddress() + ":" + client.getPort())
                .withSeconds("seconds", System.nanoTime() - opened)
                .with("commands", activity.commands())
                .with("received", tcp.received())
                .with("sent", tcp.sent());
    }

    /** {@return the client's address, which a balancer may have told} */
    public InetSocketAddress remote() {
        ProxyHeader header = proxied;
        return header != null && header.client() != null
                ? header.client()
                : (InetSocketAddress) socket.getRemoteSocketAddress();
    }

    /** {@return where the client connected to: our address, or a balancer's} */
    public InetSocketAddress local() {
        ProxyHeader header = proxied;
        return header != null && header.server() != null
                ? header.server()
                : (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** Whether all that is read and written goes through TLS, which a balancer may have taken off. */
    public boolean isTls() {
        return tls != null || proxied != null && proxied.isTls();
    }

    private TlsVersion tlsVersion() {
        SSLSession session = tls;
        if (session != null) {
            return session.getProtocol().equals("TLSv1.3") ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2;
        }
        return isTls() ? TlsVersion.BALANCER : TlsVersion.NONE;
    }

    /** {@return our TLS session: protocol version, cipher suite, key material for channel binding; empty without TLS} */
    public Optional<ExtendedSSLSession> tlsSession() {
        return Optional.ofNullable((ExtendedSSLSession) tls);
    }

    /**
     * Puts TLS below input and output, as the server, and shakes hands within the configured time. The caller must have
     * thrown away what it has read ahead: bytes from before the handshake may not be interpreted after it (RFC 3501
     * §6.2.1). Reads wait as before afterwards. A balancer that has taken the client's TLS off may have put its own on.
     *
     * @throws IOException when the handshake fails or takes too long; nothing more can be said to the client then
     */
    public void startTls() throws IOException {
        if (tls != null) {
            throw new IllegalStateException("TLS is active");
        }
        SocketLayer.Patience before = tcp.readDeadline(services.timeouts().handshake());
        TlsVersion known = tlsVersion();
        long received = tcp.received();
        try {
            SSLEngine engine = services.tls().engine();
            var layer = new TlsLayer(tcp, engine, services.records(), services.handshakes());
            layer.handshake();
            tls = engine.getSession();
            top = layer;
            meters.handshakeDone();
            meters.secured(known, tlsVersion());
            services.connections().changed(this);
        } catch (IOException failed) {
            if (failed instanceof SSLException && tcp.mayBeProxyHeader()) { // what TLS begins with cannot be one
                throw ProxyHeaderException.unasked();
            }
            if (tcp.received() > received) { // else it was a health check, say: nobody has begun
                meters.handshakeFailed();
            }
            if (failed instanceof SocketTimeoutException) {
                services.metrics().limitHit(Limit.HANDSHAKE_TIME);
                abort(SessionEnd.TIMEOUT);
                throw new IOException("no TLS handshake in time", failed);
            }
            throw failed;
        }
        tcp.resume(before);
    }

    /** Whether all that is read and written is compressed. */
    public boolean isCompressed() {
        return deflate != null;
    }

    /** Compresses all that is read and written from now on (RFC 4978). */
    public void compress() {
        var layer = new DeflateLayer(top, services.records(), meters);
        deflate = layer;
        top = layer;
    }

    /** Ends the compression, of both directions (RFC 8437 §4.1). */
    public void endCompression() {
        DeflateLayer layer = deflate;
        if (layer != null) {
            top = layer.below();
            deflate = null;
            layer.release();
        }
    }

    /**
     * Lets each read wait this long for a first byte, or a second longer; then the input is at its end, and reading fails
     * with {@link SocketTimeoutException}.
     *
     * @param timeout zero for as long as it takes
     */
    public void readTimeout(Duration timeout) {
        tcp.readTimeout(timeout);
    }

    /** Lets all reads from now on together wait no longer than this, then fail as with {@link #readTimeout}. */
    public void readDeadline(Duration timeout) {
        tcp.readDeadline(timeout);
    }

    /**
     * Says whether the client has been answered and the next command is awaited. A connection that is to end finds the end of
     * its input when it is idle; others finish their command first.
     */
    public void idle(boolean nowIdle) throws IOException {
        idleSince = System.nanoTime();
        idle = nowIdle;
        DeflateLayer layer = deflate;
        if (layer != null) {
            layer.idle(nowIdle);
        }
        if (nowIdle && farewell != null) {
            endInput();
        }
    }

    /** {@return whether it has been idle for so long} */
    boolean isIdle(Duration time) {
        return idle && System.nanoTime() - idleSince >= time.toNanos();
    }

    /** {@return what a session that finds the end of its input has to say at last; empty when the client has ended it} */
    public Optional<String> farewell() {
        return Optional.ofNullable(farewell);
    }

    /** Begins the end of this connection: see {@link #idle}. {@return false when it was told already} */
    boolean end(String lastWords) {
        if (farewell != null) {
            return false;
        }
        told = System.nanoTime();
        farewell = lastWords;
        if (idle) {
            endInput();
        }
        return true;
    }

    /** Lets whoever reads find the end of the input, and so close, after what was written. May be called by anybody. */
    public void endInput() {
        try {
            socket.shutdownInput();
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "a connection ended before its input was to end", gone);
        }
    }

    /**
     * Ends the connection at once, without another byte: what the client got so far is all it gets.
     *
     * @param why what the session is told to have ended for; the first reason stays
     */
    public void abort(SessionEnd why) {
        synchronized (this) {
            if (cutOff == null) {
                cutOff = why;
            }
        }
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException closed) {
            // Closing is all that is left to do.
        }
        closeSocket();
    }

    /** {@return why it was ended at once; empty when it was not} */
    public Optional<SessionEnd> cutOff() {
        return Optional.ofNullable(cutOff);
    }

    /** Ends the connection after what was written: close_notify under TLS, and the client gets a second to end its side. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            if (!socket.isClosed()) {
                top.end();
                awaitEnd();
            }
        } catch (IOException gone) {
            LOG.log(Level.TRACE, "the client was gone before the end", gone);
        } finally {
            closeSocket();
            endCompression();
            services.connections().remove(this);
            meters.closed(tlsVersion());
        }
    }

    /**
     * A socket that is closed with unread input resets the connection, and our last words can be lost in it. Whose input was
     * ended for silence is not read any more, but has as long to hear them.
     */
    private void awaitEnd() throws IOException {
        if (tcp.wasSilent()) {
            LockSupport.parkNanos(LINGER.toNanos());
            return;
        }
        byte[] ignored = services.records().take();
        try {
            tcp.readDeadline(LINGER);
            for (int drained = 0; drained < MOST_DRAINED && !tcp.inputEnded(); ) {
                drained += tcp.read(ignored, 0, ignored.length);
            }
        } finally {
            services.records().giveBack(ignored);
        }
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException failed) {
            LOG.log(Level.DEBUG, "closing a socket failed", failed);
        }
    }

    /** Ends the input when the client has not sent for longer than reads may wait. */
    void endIfSilent() {
        try {
            tcp.endIfSilent();
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "a connection ended before its input was to end", gone);
        }
    }

    /** Closes the connection when a write has not gone on for too long. */
    void abortIfStalled(Duration timeout) {
        if (tcp.isStalled(timeout) && !socket.isClosed()) {
            activity.<RuntimeException>run(
                    () -> LOG.log(Level.DEBUG, "{0} does not read what it asked for: closed", remote()));
            services.metrics().limitHit(Limit.WRITE_TIME);
            abort(SessionEnd.TIMEOUT);
        }
    }

    /** Cuts the connection off when it was told to end, and has not done so in this time. */
    void abortIfOverdue(Duration timeout) {
        if (farewell != null && System.nanoTime() - told > timeout.toNanos() && !socket.isClosed()) {
            activity.<RuntimeException>run(
                    () -> LOG.log(Level.DEBUG, "{0} was told to end and did not: closed", remote()));
            abort(SessionEnd.DISMISSED);
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return top.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return length == 0 ? 0 : top.read(target, offset, length);
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            top.write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            top.write(source, offset, length);
        }
    }
}
