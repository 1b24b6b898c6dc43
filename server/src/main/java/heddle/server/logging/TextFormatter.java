package heddle.server.logging;

import heddle.storage.Activity;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;

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
                        stack(event).map(TextFormatter::indented).orElse(""));
    }

    /** What an exception quotes must not look like a log line of ours either. */
    private static String indented(String stack) {
        return stack.lines()
                .map(line -> "    " + printable(line.strip()) + System.lineSeparator())
                .collect(Collectors.joining());
    }
}
