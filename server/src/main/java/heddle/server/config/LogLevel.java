package heddle.server.config;

import java.util.logging.Level;

/** How much is logged. */
public enum LogLevel {
    ERROR,
    WARNING,
    INFO,
    DEBUG,
    TRACE;

    /** {@return the same level in the words of java.util.logging} */
    public Level level() {
        return switch (this) {
            case ERROR -> Level.SEVERE;
            case WARNING -> Level.WARNING;
            case INFO -> Level.INFO;
            case DEBUG -> Level.FINE;
            case TRACE -> Level.FINER;
        };
    }
}
