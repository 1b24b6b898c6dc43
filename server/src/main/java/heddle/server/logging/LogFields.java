package heddle.server.logging;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Named values of a log line, given to the logger as its parameter: members of the object in JSON, {@code name=value} in text. */
public final class LogFields {
    private final Map<String, Object> values = new LinkedHashMap<>();

    /** Adds a value: a number, a constant, or what is shown as text. */
    public LogFields with(String name, Object value) {
        values.put(name, value instanceof Enum<?> constant ? constant.name().toLowerCase(Locale.ROOT) : value);
        return this;
    }

    /** Adds a time in seconds. */
    public LogFields withSeconds(String name, long nanoseconds) {
        return with(name, TimeUnit.NANOSECONDS.toMillis(nanoseconds) / 1e3);
    }

    /** {@return name → value, in their order} */
    Map<String, Object> values() {
        return values;
    }

    @Override
    public String toString() {
        return values.entrySet().stream()
                .map(field -> field.getKey() + "=" + field.getValue())
                .collect(Collectors.joining(" "));
    }
}
