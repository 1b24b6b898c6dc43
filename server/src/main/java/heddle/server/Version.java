package heddle.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which Heddle this is. */
final class Version implements IVersionProvider {
    /** {@return the version of the build, such as {@code 0.1.0}} */
    static String number() {
        try (InputStream resource = Version.class.getResourceAsStream("version.properties")) {
            var properties = new Properties();
            properties.load(resource);
            return properties.getProperty("version");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** {@return one line for whoever asks} */
    static String text() {
        return "Heddle " + number() + " (Java " + Runtime.version() + ")";
    }

    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }
}
