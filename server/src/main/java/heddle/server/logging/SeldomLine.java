package heddle.server.logging;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A line of the log about what clients can make happen a thousand times a second: there is one every ten seconds at most,
 * which tells of the last of them, and how many there have been since the line before.
 */
public final class SeldomLine {
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private final Logger log;
    private final String message;
    private final LongSupplier nanoTime;
    private long unsaid;
    private long saidAt;

    public SeldomLine(Logger log, String message) {
        this(log, message, System::nanoTime);
    }

    SeldomLine(Logger log, String message, LongSupplier nanoTime) {
        this.log = log;
        this.message = message;
        this.nanoTime = nanoTime;
        saidAt = nanoTime.getAsLong() - PAUSE.toNanos();
    }

    /**
     * It has happened once more.
     *
     * @param whom fields of the line, if there is one; the count is added
     */
    public void happened(LogFields whom) {
        long count = count();
        if (count > 0) {
            log.log(Level.INFO, message, whom.with("count", count));
        }
    }

    /** {@return how often it has happened since the last line; 0 when it is too early for another one} */
    private synchronized long count() {
        unsaid++;
        long now = nanoTime.getAsLong();
        if (now - saidAt < PAUSE.toNanos()) {
            return 0;
        }
        saidAt = now;
        long count = unsaid;
        unsaid = 0;
        return count;
    }
}
