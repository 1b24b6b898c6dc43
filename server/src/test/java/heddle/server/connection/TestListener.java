package heddle.server.connection;

import heddle.server.config.ServerConfig;
import heddle.server.metrics.ServerMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A listener on a free port of loopback with a self-signed certificate, and clients that trust it. */
public final class TestListener implements AutoCloseable {
    static final ServerConfig.Timeouts TIMEOUTS = new ServerConfig.Timeouts(
            Duration.ofSeconds(30),
            Duration.ofMinutes(30),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Duration.ofSeconds(2));

    private static final Duration LAST_COMMAND = Duration.ofSeconds(2);

    private static final ServerConfig.Proxy NO_PROXY = new ServerConfig.Proxy(List.of(), Duration.ofSeconds(5));

    static {
        // Small enough that a large transfer changes its keys several times (RFC 8446 §4.6.3).
        Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^22, ChaCha20-Poly1305 KeyUpdate 2^22");
    }

    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final OpenConnections connections;
    final ConnectionServices services;
    final Listener listener;
    private final ServerMetrics metrics = new ServerMetrics(registry);

    private TestListener(
            Listener.Kind kind,
            TlsContext tls,
            ServerConfig.Connections limits,
            ServerConfig.Proxy proxy,
            ConnectionHandler handler)
            throws IOException {
        connections = new OpenConnections(limits, TIMEOUTS.write(), LAST_COMMAND);
        services = new ConnectionServices(1, connections, tls, metrics, TIMEOUTS, proxy);
        listener = Listener.open(kind, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), services, handler);
    }

    static TestListener open(Listener.Kind kind, TlsContext tls, ConnectionHandler handler) throws IOException {
        return open(kind, tls, new ServerConfig.Connections(1000, 1000, 1000), handler);
    }

    static TestListener open(
            Listener.Kind kind, TlsContext tls, ServerConfig.Connections limits, ConnectionHandler handler)
            throws IOException {
        return new TestListener(kind, tls, limits, NO_PROXY, handler);
    }

    /** {@return a listener behind balancers} */
    static TestListener behind(ServerConfig.Proxy proxy, Listener.Kind kind, TlsContext tls, ConnectionHandler handler)
            throws IOException {
        return new TestListener(kind, tls, new ServerConfig.Connections(1000, 2, 1000), proxy, handler);
    }

    /** {@return a context whose certificate lies in this directory} */
    static TlsContext tls(Path directory) throws IOException {
        return new TlsContext(SelfSigned.in(directory));
    }

    /** {@return a plain client that fails rather than waits} */
    Socket connect() throws IOException {
        var socket = new Socket();
        socket.connect(listener.address());
        socket.setSoTimeout(10_000);
        return socket;
    }

    /** {@return a TLS client on a connection of its own} */
    SSLSocket connectTls(String... protocols) throws IOException {
        return tlsOver(connect(), protocols);
    }

    /** {@return a TLS client upon a connection that exists} */
    public static SSLSocket tlsOver(Socket socket, String... protocols) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustEverybody()}, null);
            var tls = (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
            if (protocols.length > 0) {
                tls.setEnabledProtocols(protocols);
            }
            return tls;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@return what a counter or gauge stands at, over all its series with this label} */
    double meter(String name, String label, String value) {
        return registry.find(name).tag(label, value).meters().stream()
                .mapToDouble(meter -> meter.measure().iterator().next().getValue())
                .sum();
    }

    @Override
    public void close() {
        listener.close();
        connections.close();
        metrics.close();
    }

    private static final class TrustEverybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
