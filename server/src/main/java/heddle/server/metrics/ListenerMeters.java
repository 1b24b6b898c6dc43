package heddle.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for the connections of one listener. */
public final class ListenerMeters {
    private final Counter connections;
    private final Counter received;
    private final Counter sent;
    private final Counter handshakes;
    private final Counter failedHandshakes;
    private final Counter proxyRefused;
    private final LongAdder openPlain = new LongAdder();
    private final LongAdder openTls = new LongAdder();

    ListenerMeters(MeterRegistry registry, String listener) {
        connections = Counter.builder("heddle.connections")
                .description("Connections accepted.")
                .tag("listener", listener)
                .register(registry);
        received = Counter.builder("heddle.received")
                .description("Bytes that clients sent, as they were on the wire.")
                .baseUnit("bytes")
                .tag("listener", listener)
                .register(registry);
        sent = Counter.builder("heddle.sent")
                .description("Bytes sent to clients, as they were on the wire.")
                .baseUnit("bytes")
                .tag("listener", listener)
                .register(registry);
        handshakes = handshakes(registry, listener, "ok");
        failedHandshakes = handshakes(registry, listener, "failed");
        proxyRefused = Counter.builder("heddle.proxy.refused")
                .description("Connections closed because of a PROXY header: broken, missing, late, or of a stranger.")
                .tag("listener", listener)
                .register(registry);
        registerOpen(registry, listener, "false", openPlain);
        registerOpen(registry, listener, "true", openTls);
    }

    private static Counter handshakes(MeterRegistry registry, String listener, String result) {
        return Counter.builder("heddle.tls.handshakes")
                .description("TLS handshakes, by their result.")
                .tag("listener", listener)
                .tag("result", result)
                .register(registry);
    }

    private static void registerOpen(MeterRegistry registry, String listener, String tls, LongAdder open) {
        Gauge.builder("heddle.connections.open", open, LongAdder::sum)
                .description("Connections open now, by whether they are under TLS.")
                .tag("listener", listener)
                .tag("tls", tls)
                .register(registry);
    }

    /** A connection was accepted; it is not under TLS yet. */
    public void opened() {
        connections.increment();
        openPlain.increment();
    }

    /** A connection went under TLS. */
    public void secured() {
        handshakes.increment();
        openPlain.decrement();
        openTls.increment();
    }

    /** A handshake failed. */
    public void handshakeFailed() {
        failedHandshakes.increment();
    }

    /** A connection was closed because of its PROXY header, or for want of one. */
    public void proxyRefused() {
        proxyRefused.increment();
    }

    /** A connection ended. */
    public void closed(boolean tls) {
        (tls ? openTls : openPlain).decrement();
    }

    /** So many bytes came. */
    public void received(int bytes) {
        received.increment(bytes);
    }

    /** So many bytes went. */
    public void sent(int bytes) {
        sent.increment(bytes);
    }
}
