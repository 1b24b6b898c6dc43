package heddle.server.logging;

import java.util.logging.Formatter;

/** How log lines look. */
public enum LogFormat {
    /** For people. */
    TEXT,
    /** One object per line, for programs. */
    JSON;

    /** {@return what writes lines of this kind} */
    public Formatter formatter() {
        return switch (this) {
            case TEXT -> new TextFormatter();
            case JSON -> new JsonFormatter();
        };
    }
}
