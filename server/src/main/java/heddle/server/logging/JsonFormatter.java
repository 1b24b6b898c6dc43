package heddle.server.logging;

import heddle.storage.Activity;
import jakarta.json.Json;
import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonObjectBuilder;
import java.util.Map;
import java.util.logging.LogRecord;

/** One JSON object per line: {@code time}, {@code level}, {@code logger}, {@code message}, and what is known beside. */
final class JsonFormatter extends LineFormatter {
    private final JsonBuilderFactory builders = Json.createBuilderFactory(Map.of());

    @Override
    public String format(LogRecord event) {
        JsonObjectBuilder line = builders.createObjectBuilder()
                .add("time", time(event))
                .add("level", level(event))
                .add("logger", logger(event))
                .add("message", message(event));
        Activity.current().ifPresent(activity -> line.add("session", activity.session())
                .add("command_number", activity.commands()));
        fields(event).ifPresent(fields -> fields.values().forEach((name, value) -> add(line, name, value)));
        stack(event).ifPresent(stack -> line.add("stack", stack));
        return line.build() + "\n";
    }

    private static void add(JsonObjectBuilder line, String name, Object value) {
        switch (value) {
            case Long number -> line.add(name, number);
            case Integer number -> line.add(name, number);
            case Double number -> line.add(name, number);
            default -> line.add(name, printable(value.toString()));
        }
    }
}
