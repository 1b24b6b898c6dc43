package heddle.server.config;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One setting: the single place that says how it is called, what it may be and what it means.
 *
 * @param name as in the YAML file, levels separated by dots
 * @param type what it may be
 * @param fallback its value when nobody sets it, written as an operator would write it
 * @param meaning one sentence for the README
 */
public record Setting<T>(String name, ValueType<T> type, String fallback, String meaning) {
    private static final Pattern URL_USER = Pattern.compile("//[^/@]*@");
    private static final Pattern URL_PASSWORD = Pattern.compile("(?i)(password=)[^&]*");

    /** {@return the environment variable of this setting, such as {@code HEDDLE_DATABASE_URL}} */
    public String environmentName() {
        return "HEDDLE_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** {@return what it may be, in words} */
    public String allowed() {
        return type.allowed();
    }

    /** Whether its value must not be shown. */
    boolean isSecret() {
        return name.endsWith("password");
    }

    /** {@return a text as it may be shown: without the password that a URL may hold} */
    public static String withoutPassword(String text) {
        return URL_USER.matcher(URL_PASSWORD.matcher(text).replaceAll("$1…")).replaceAll("//…@");
    }

    /**
     * {@return the value that {@code text} says}
     *
     * @param source where the text is from, for the message
     * @throws ConfigException when {@code text} is not allowed
     */
    public T parse(String text, String source) {
        try {
            return type.parse().apply(text);
        } catch (IllegalArgumentException refused) {
            String shown = isSecret() ? "…" : withoutPassword(text);
            throw new ConfigException(
                    "%s: '%s' (%s) is not allowed; allowed: %s".formatted(name, shown, source, allowed()));
        }
    }
}
