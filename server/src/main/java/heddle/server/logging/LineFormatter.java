package heddle.server.logging;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What both kinds of log lines are made of. */
abstract class LineFormatter extends Formatter {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** What ends a line, or moves a terminal's cursor. */
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

    static String time(LogRecord event) {
        return TIME.format(event.getInstant());
    }

    static String level(LogRecord event) {
        int level = event.getLevel().intValue();
        if (level >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level >= Level.WARNING.intValue()) {
            return "WARN";
        }
        if (level >= Level.INFO.intValue()) {
            return "INFO";
        }
        return level >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }

    static String logger(LogRecord event) {
        String name = String.valueOf(event.getLoggerName());
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** What a client wrote must not look like a log line of ours. */
    final String message(LogRecord event) {
        return printable(String.valueOf(formatMessage(event)));
    }

    static String printable(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }

    static Optional<LogFields> fields(LogRecord event) {
        Object @Nullable [] parameters = event.getParameters();
        return parameters != null && parameters.length == 1 && parameters[0] instanceof LogFields fields
                ? Optional.of(fields)
                : Optional.empty();
    }

    static Optional<String> stack(LogRecord event) {
        return Optional.ofNullable(event.getThrown()).map(thrown -> {
            var text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text, true));
            return text.toString();
        });
    }
}
