package heddle.storage;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** Timers with the same steps wherever time is measured, few enough that a scrape stays small. */
public final class Timers {
    private static final Duration[] STEPS = {
        Duration.ofMillis(1),
        Duration.ofMillis(3),
        Duration.ofMillis(10),
        Duration.ofMillis(30),
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        Duration.ofSeconds(10)
    };

    private Timers() {}

    /** {@return a timer to be registered, a histogram with steps from 1 ms to 10 s} */
    public static Timer.Builder timer(String name, String description) {
        return Timer.builder(name).description(description).serviceLevelObjectives(STEPS);
    }
}
