package heddle.server.config;

import io.helidon.config.Config;
import io.helidon.config.yaml.YamlConfigParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** What was configured, before it is checked: flags first, then the environment, then the YAML file. */
final class ConfigSources {
    /** Not settings: the start script reads the one, the command line the other. */
    private static final String JAVA_OPTIONS = "HEDDLE_JAVA_OPTIONS";

    private static final String CONFIG_FILE = "HEDDLE_CONFIG";

    /** What Kubernetes puts into every container for a service whose name begins with "heddle". */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("HEDDLE_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_.*)?)");

    private static final Map<String, Setting<?>> BY_NAME =
            Settings.all().stream().collect(Collectors.toMap(Setting::name, Function.identity()));

    private static final Map<String, Setting<?>> BY_ENVIRONMENT_NAME =
            Settings.all().stream().collect(Collectors.toMap(Setting::environmentName, Function.identity()));

    private final Map<String, Found> values = new LinkedHashMap<>();

    /** A configured text and where it is from. */
    private record Found(String text, String source) {}

    /**
     * @param file the YAML file, null when there is none
     * @param environment all variables of the process; those that do not begin with {@code HEDDLE_} are ignored, empty ones too
     * @param flags setting name → text
     * @throws ConfigException when the file cannot be read, or a setting does not exist
     */
    ConfigSources(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        if (file != null) {
            readFile(file);
        }
        new TreeMap<>(environment).forEach(this::addVariable);
        flags.forEach((name, text) -> values.put(name, new Found(text, "command line")));
    }

    /**
     * {@return the configured value of a setting, or its default}
     *
     * @throws ConfigException when it is not allowed
     */
    <T> T get(Setting<T> setting) {
        Found found = values.get(setting.name());
        return found == null ? setting.parse(setting.fallback(), "default") : setting.parse(found.text, found.source);
    }

    private void readFile(Path file) {
        if (!Files.isReadable(file)) {
            throw new ConfigException("cannot read the configuration file " + file);
        }
        Config yaml;
        try {
            yaml = Config.builder()
                    .addSource(io.helidon.config.ConfigSources.file(file))
                    .addParser(YamlConfigParser.create())
                    .disableEnvironmentVariablesSource()
                    .disableSystemPropertiesSource()
                    .disableValueResolving()
                    .disableKeyResolving()
                    .build();
        } catch (io.helidon.config.ConfigException | ClassCastException broken) {
            throw new ConfigException("the configuration file " + file + " is not YAML: " + reason(broken));
        }
        yaml.traverse().filter(Config::isLeaf).forEach(leaf -> {
            String name = Config.Key.unescapeName(leaf.key().toString());
            if (!BY_NAME.containsKey(name)) {
                throw new ConfigException("%s: no such setting (%s); the README lists all".formatted(name, file));
            }
            values.put(name, new Found(leaf.asString().orElse(""), file.toString()));
        });
    }

    private void addVariable(String variable, String text) {
        if (!variable.startsWith("HEDDLE_")
                || text.isEmpty()
                || variable.equals(JAVA_OPTIONS)
                || variable.equals(CONFIG_FILE)) {
            return;
        }
        Setting<?> setting = BY_ENVIRONMENT_NAME.get(variable);
        if (setting != null) {
            values.put(setting.name(), new Found(text, variable));
        } else if (!SERVICE_LINK.matcher(variable).matches()) {
            throw new ConfigException("%s: no such setting (environment); the README lists all".formatted(variable));
        }
    }

    /** Where the file is broken; of YAML only the place, because its own message shows the line, with a password in it. */
    private static String reason(Throwable broken) {
        Throwable cause = broken;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null
                ? "line %d, column %d"
                        .formatted(
                                marked.getProblemMark().getLine() + 1,
                                marked.getProblemMark().getColumn() + 1)
                : String.valueOf(cause.getMessage());
    }
}
