package heddle.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.storage.Activity;
import heddle.storage.SessionId;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogFormatTest {
    private static final Instant TIME = Instant.parse("2026-11-22T23:47:11.599Z");

    private static LogRecord event(String message, Object... parameters) {
        var event = new LogRecord(Level.WARNING, message);
        event.setLoggerName("heddle.server.session.ImapConnection");
        event.setInstant(TIME);
        event.setParameters(parameters);
        return event;
    }

    private static JsonObject json(LogRecord event) {
        String line = LogFormat.JSON.formatter().format(event);
        assertThat(line).endsWith("}\n");
        assertThat(line.lines()).hasSize(1);
        try (var reader = Json.createReader(new StringReader(line))) {
            return reader.readObject();
        }
    }

    @Test
    void textIsOneLine() {
        assertThat(LogFormat.TEXT.formatter().format(event("lost: {0}", "a\r\nb")))
                .isEqualTo("2026-11-22T23:47:11.599Z WARN  ImapConnection: lost: a??b" + System.lineSeparator());
    }

    @Test
    void stacksAreIndented() {
        LogRecord event = event("lost\u0085\u2028");
        event.setThrown(new IllegalStateException("one\n2026-11-22T23:47:11.599Z ERROR two\u009b"));
        assertThat(LogFormat.TEXT.formatter().format(event).lines())
                .startsWith(
                        "2026-11-22T23:47:11.599Z WARN  ImapConnection: lost??",
                        "    java.lang.IllegalStateException: one",
                        "    2026-11-22T23:47:11.599Z ERROR two?")
                .allMatch(line -> line.startsWith("    ") || line.contains("WARN"));
    }

    @Test
    void fieldsAreNamed() {
        var fields = new LogFields().with("user", "ann\n").with("commands", 3L).withSeconds("seconds", 1_234_567_890L);
        assertThat(LogFormat.TEXT.formatter().format(event("session ended", fields)))
                .endsWith("ImapConnection: session ended user=ann? commands=3 seconds=1.234" + System.lineSeparator());
        JsonObject line = json(event("session ended", fields));
        assertThat(line.getString("message")).isEqualTo("session ended");
        assertThat(line.getString("user")).isEqualTo("ann?");
        assertThat(line.getInt("commands")).isEqualTo(3);
        assertThat(line.getJsonNumber("seconds").doubleValue()).isEqualTo(1.234);
    }

    @Test
    void jsonIsAnObjectPerLine() {
        LogRecord event = event("lost: {0}", "\"a\"\n");
        event.setThrown(new IllegalStateException("two\nlines"));
        JsonObject line = json(event);
        assertThat(line.getString("time")).isEqualTo("2026-11-22T23:47:11.599Z");
        assertThat(line.getString("level")).isEqualTo("WARN");
        assertThat(line.getString("logger")).isEqualTo("ImapConnection");
        assertThat(line.getString("message")).isEqualTo("lost: \"a\"?");
        assertThat(line.getString("stack")).startsWith("java.lang.IllegalStateException: two\nlines");
        assertThat(line).doesNotContainKey("session");
    }

    @Test
    void namesSessionAndCommand() {
        var activity = new Activity(new SessionId(0xc0ffee, 7));
        activity.nextCommand();
        activity.run(() -> {
            assertThat(LogFormat.TEXT.formatter().format(event("late"))).contains("ImapConnection [c0ffee-7.1]: late");
            assertThat(json(event("late")).getString("session")).isEqualTo("c0ffee-7");
            assertThat(json(event("late")).getInt("command_number")).isEqualTo(1);
        });
    }
}
