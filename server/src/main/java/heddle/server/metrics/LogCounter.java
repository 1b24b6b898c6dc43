package heddle.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Counts what is logged as wrong: every bug of ours is logged as an error, wherever it shows. */
final class LogCounter extends Handler {
    private final Logger root = LogManager.getLogManager().getLogger("");
    private final Counter warnings;
    private final Counter errors;

    LogCounter(MeterRegistry registry) {
        warnings = lines(registry, "warning");
        errors = lines(registry, "error");
        root.addHandler(this);
    }

    private static Counter lines(MeterRegistry registry, String level) {
        return Counter.builder("heddle.log.lines")
                .description("Warnings and errors in the log.")
                .tag("level", level)
                .register(registry);
    }

    @Override
    public void publish(LogRecord event) {
        if (event.getLevel().intValue() >= Level.SEVERE.intValue()) {
            errors.increment();
        } else if (event.getLevel().intValue() >= Level.WARNING.intValue()) {
            warnings.increment();
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        root.removeHandler(this);
    }
}
