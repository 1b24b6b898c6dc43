package heddle.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which Heddle this is. */
public final class Version {
    private Version() {}

    /** {@return the version of the build, such as {@code 0.1.0}} */
    public static String number() {
        try (InputStream resource = Version.class.getResourceAsStream("version.properties")) {
            var properties = new Properties();
            properties.load(resource);
            return properties.getProperty("version");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** {@return one line for whoever asks} */
    public static String text() {
        return "Heddle " + number() + " (Java " + Runtime.version() + ")";
    }
}
