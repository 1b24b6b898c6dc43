package heddle.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for the connections of one listener. */
public final class ListenerMeters {
    private final Counter connections;
    private final Counter handshakes;
    private final Counter failedHandshakes;
    private final Counter proxyRefused;
    private final PerConstant<TlsVersion, LongAdder> open;
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder receivedDeflated = new LongAdder();
    private final LongAdder receivedInflated = new LongAdder();
    private final LongAdder sentDeflated = new LongAdder();
    private final LongAdder sentInflated = new LongAdder();

    /** @param listener its name */
    public ListenerMeters(MeterRegistry registry, String listener) {
        connections = Counter.builder("heddle.connections")
                .description("Connections accepted.")
                .tag("listener", listener)
                .register(registry);
        bytes("heddle.received", "Bytes that clients sent, as they were on the wire.", received)
                .tag("listener", listener)
                .register(registry);
        bytes("heddle.sent", "Bytes sent to clients, as they were on the wire.", sent)
                .tag("listener", listener)
                .register(registry);
        deflate(registry, listener, "received", "compressed", receivedDeflated);
        deflate(registry, listener, "received", "plain", receivedInflated);
        deflate(registry, listener, "sent", "compressed", sentDeflated);
        deflate(registry, listener, "sent", "plain", sentInflated);
        handshakes = handshakes(registry, listener, "ok");
        failedHandshakes = handshakes(registry, listener, "failed");
        proxyRefused = Counter.builder("heddle.proxy.refused")
                .description("Connections closed because of a PROXY header: broken, missing, late, or of a stranger.")
                .tag("listener", listener)
                .register(registry);
        open = new PerConstant<>(TlsVersion.class, version -> open(registry, listener, version));
    }

    private static FunctionCounter.Builder<LongAdder> bytes(String name, String description, LongAdder count) {
        return FunctionCounter.builder(name, count, LongAdder::sum)
                .description(description)
                .baseUnit("bytes");
    }

    private static void deflate(
            MeterRegistry registry, String listener, String direction, String form, LongAdder count) {
        bytes("heddle.deflate", "Bytes of compressed connections, before and after compression.", count)
                .tag("listener", listener)
                .tag("direction", direction)
                .tag("form", form)
                .register(registry);
    }

    private static Counter handshakes(MeterRegistry registry, String listener, String result) {
        return Counter.builder("heddle.tls.handshakes")
                .description("TLS handshakes, by their result.")
                .tag("listener", listener)
                .tag("result", result)
                .register(registry);
    }

    private static LongAdder open(MeterRegistry registry, String listener, TlsVersion version) {
        var connections = new LongAdder();
        Gauge.builder("heddle.connections.open", connections, LongAdder::sum)
                .description("Connections open now, by the version of TLS.")
                .tag("listener", listener)
                .tag("tls", PerConstant.label(version))
                .register(registry);
        return connections;
    }

    /** A connection was accepted; it is not under TLS yet. */
    public void opened() {
        connections.increment();
        open.of(TlsVersion.NONE).increment();
    }

    /** A handshake was done. */
    public void handshakeDone() {
        handshakes.increment();
    }

    /** A connection turned out to be protected, and how it was counted until now. */
    public void secured(TlsVersion before, TlsVersion now) {
        open.of(before).decrement();
        open.of(now).increment();
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
    public void closed(TlsVersion version) {
        open.of(version).decrement();
    }

    /** So many bytes came. */
    public void received(int bytes) {
        received.add(bytes);
    }

    /** So many bytes went. */
    public void sent(int bytes) {
        sent.add(bytes);
    }

    /** So many bytes came compressed. */
    public void receivedDeflated(int bytes) {
        receivedDeflated.add(bytes);
    }

    /** So many bytes were in what came compressed. */
    public void receivedInflated(int bytes) {
        receivedInflated.add(bytes);
    }

    /** So many bytes went out as so many compressed ones. */
    public void sentDeflated(int plain, int compressed) {
        sentInflated.add(plain);
        sentDeflated.add(compressed);
    }
}
