package heddle.server.config;

import java.io.Serial;

/** A configuration that cannot be used. The message is one line and names the setting, its value and what is allowed. */
public final class ConfigException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** @param message one line for the operator */
    public ConfigException(String message) {
        super(message.replaceAll("\\s*\\R\\s*", " "));
    }
}
