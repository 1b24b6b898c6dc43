package heddle.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted of a pod among the others. */
public final class PodMeters {
    private final AtomicInteger pods = new AtomicInteger();
    private final Counter failures;
    private final PerConstant<Dismissal, Counter> dismissed;

    public PodMeters(MeterRegistry registry) {
        Gauge.builder("heddle.pods", pods, AtomicInteger::get)
                .description("Servers on this database that live, as this one sees it.")
                .register(registry);
        failures = Counter.builder("heddle.heartbeat.failures")
                .description("How often this server could not tell the others that it lives.")
                .register(registry);
        dismissed = new PerConstant<>(Dismissal.class, why -> Counter.builder("heddle.sessions.dismissed")
                .description("Sessions that this server told to end, though it goes on.")
                .tag("reason", PerConstant.label(why))
                .register(registry));
    }

    /** So many pods live. */
    public void alive(int count) {
        pods.set(count);
    }

    /** The others could not be told. */
    public void heartbeatFailed() {
        failures.increment();
    }

    /** So many sessions are told to end. */
    public void dismissed(Dismissal why, int count) {
        dismissed.of(why).increment(count);
    }
}
