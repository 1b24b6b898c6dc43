package heddle.server.logging;

import heddle.storage.Activity;
import java.util.logging.LogRecord;

/** One line per event, and the stack below it if there is one. */
final class TextFormatter extends LineFormatter {
    @Override
    public String format(LogRecord event) {
        String on =
                Activity.current().map(activity -> " [" + activity.id() + "]").orElse("");
        String fields =
                fields(event).map(values -> " " + printable(values.toString())).orElse("");
        return "%s %-5s %s%s: %s%s%n%s"
                .formatted(
                        time(event),
                        level(event),
                        logger(event),
                        on,
                        message(event),
                        fields,
                        stack(event).orElse(""));
    }
}
