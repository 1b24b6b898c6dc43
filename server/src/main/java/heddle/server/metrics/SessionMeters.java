package heddle.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for the IMAP sessions of one listener. */
public final class SessionMeters {
    private final PerConstant<SessionState, LongAdder> open;
    private final PerConstant<SessionEnd, Counter> ended;

    SessionMeters(MeterRegistry registry, String listener) {
        open = new PerConstant<>(SessionState.class, state -> {
            var sessions = new LongAdder();
            Gauge.builder("heddle.sessions", sessions, LongAdder::sum)
                    .description("IMAP sessions open now, by their state.")
                    .tag("listener", listener)
                    .tag("state", PerConstant.label(state))
                    .register(registry);
            return sessions;
        });
        ended = new PerConstant<>(SessionEnd.class, reason -> Counter.builder("heddle.sessions.ended")
                .description("IMAP sessions that are over, by the reason.")
                .tag("listener", listener)
                .tag("reason", PerConstant.label(reason))
                .register(registry));
    }

    /** A session came into a state. */
    public void entered(SessionState state) {
        open.of(state).increment();
    }

    /** A session left a state. */
    public void left(SessionState state) {
        open.of(state).decrement();
    }

    /** A session is over. */
    public void ended(SessionEnd reason) {
        ended.of(reason).increment();
    }
}
