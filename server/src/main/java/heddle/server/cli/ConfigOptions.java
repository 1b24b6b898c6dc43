package heddle.server.cli;

import heddle.server.StorageLauncher;
import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.config.LogLevel;
import heddle.server.config.ServerConfig;
import heddle.server.logging.LogFormat;
import heddle.server.logging.Logging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say where configuration and data are; every command that needs them has them. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML file with settings; the environment variable HEDDLE_CONFIG names one too.")
    private @Nullable Path file;

    @Option(names = "--data", paramLabel = "DIR", description = "Directory of the embedded database and other data.")
    private @Nullable String data;

    @Option(names = "--database", paramLabel = "URL", description = "PostgreSQL to use: jdbc:postgresql://HOST/NAME")
    private @Nullable String database;

    /** @throws heddle.server.config.ConfigException when anything of the configuration is wrong */
    ServerConfig load() {
        return load(Map.of());
    }

    /** As {@link #load()}, with further flags: setting name → text. */
    ServerConfig load(Map<String, String> furtherFlags) {
        Map<String, String> environment = System.getenv();
        var flags = new HashMap<>(furtherFlags);
        put(flags, "data", data);
        put(flags, "database.url", database);
        String named = environment.getOrDefault("HEDDLE_CONFIG", "");
        Path config = file == null && !named.isEmpty() ? Path.of(named) : file;
        return ServerConfig.load(config, environment, flags);
    }

    /**
     * Opens storage for a command; of the log it shows only what is wrong.
     *
     * @throws IOException in words for the operator, when there is no database to be had
     */
    OpenStorage openStorage() throws IOException {
        Logging.configure(LogLevel.ERROR, LogFormat.TEXT);
        return StorageLauncher.openForCommand(load());
    }

    /** {@return these flags again, for a command line that uses the same database; each with a space before it} */
    String asArguments() {
        return argument("--config", file) + argument("--data", data) + argument("--database", database);
    }

    private static String argument(String name, @Nullable Object value) {
        return value == null ? "" : " " + name + " " + value;
    }

    static void put(Map<String, String> flags, String setting, @Nullable String text) {
        if (text != null) {
            flags.put(setting, text);
        }
    }
}
