package heddle.server.logging;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Everything that is logged while it is open, as much as can be. */
final class Log extends Handler {
    private final Logger root = Logger.getLogger("");
    private final Logger heddle = Logger.getLogger("heddle");
    private final @Nullable Level before = heddle.getLevel();
    private final StringBuilder text = new StringBuilder();

    Log() {
        setFormatter(LogFormat.TEXT.formatter());
        setLevel(Level.ALL);
        heddle.setLevel(Level.ALL);
        root.addHandler(this);
    }

    @Override
    public synchronized void publish(LogRecord event) {
        text.append(getFormatter().format(event));
    }

    /** {@return all lines so far} */
    synchronized String text() {
        return text.toString();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        root.removeHandler(this);
        heddle.setLevel(before);
    }
}
