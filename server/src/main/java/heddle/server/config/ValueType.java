package heddle.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a setting may be.
 *
 * @param allowed the words that complete "allowed: …", as the README and error messages say it
 * @param parse from the configured text; throws {@link IllegalArgumentException} for a text that is not allowed
 */
record ValueType<T>(String allowed, Function<String, T> parse) {
    static ValueType<String> text() {
        return new ValueType<>("any text", text -> text);
    }

    static ValueType<String> text(String allowed, String pattern) {
        return new ValueType<>(allowed, text -> {
            require(text.matches(pattern), text);
            return text;
        });
    }

    /** A file or directory; {@code ~/} at the start is the home directory. */
    static ValueType<Path> path() {
        return new ValueType<>("a path", text -> {
            require(!text.isEmpty(), text);
            return text.startsWith("~/")
                    ? Path.of(System.getProperty("user.home"), text.substring(2))
                    : Path.of(text).toAbsolutePath();
        });
    }

    static ValueType<ListenAddress> address() {
        return new ValueType<>("ADDRESS:PORT", ListenAddress::parse);
    }

    /** Networks such as {@code 10.0.0.0/8}, or single addresses, with commas between them. */
    static ValueType<List<IpNetwork>> networks() {
        return new ValueType<>("ADDRESS/BITS, with commas between them", text -> Arrays.stream(text.split(","))
                .map(network -> IpNetwork.parse(network.strip()))
                .toList());
    }

    static ValueType<Boolean> yesOrNo() {
        return new ValueType<>("`true` or `false`", text -> {
            require(text.equals("true") || text.equals("false"), text);
            return text.equals("true");
        });
    }

    static ValueType<Integer> count(int least, int most) {
        return new ValueType<>(least + " to " + most, text -> {
            int count = Integer.parseInt(text);
            require(count >= least && count <= most, text);
            return count;
        });
    }

    /** A number of bytes such as {@code 512}, {@code 64KiB}, {@code 50MiB}; both bounds are written the same way. */
    static ValueType<Long> size(String least, String most) {
        long from = bytes(least);
        long to = bytes(most);
        return new ValueType<>(least + " to " + most, text -> {
            long size = bytes(text);
            require(size >= from && size <= to, text);
            return size;
        });
    }

    /** A time such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}; both bounds are written the same way. */
    static ValueType<Duration> duration(String least, String most) {
        Duration from = time(least);
        Duration to = time(most);
        return new ValueType<>(least + " to " + most, text -> {
            Duration time = time(text);
            require(time.compareTo(from) >= 0 && time.compareTo(to) <= 0, text);
            return time;
        });
    }

    /** One of an enum's constants, written in lower case. */
    static <E extends Enum<E>> ValueType<E> oneOf(Class<E> choices) {
        String allowed = Arrays.stream(choices.getEnumConstants())
                .map(choice -> "`" + choice.name().toLowerCase(Locale.ROOT) + "`")
                .collect(Collectors.joining(", "));
        return new ValueType<>(allowed, text -> {
            require(text.equals(text.toLowerCase(Locale.ROOT)), text);
            return Enum.valueOf(choices, text.toUpperCase(Locale.ROOT));
        });
    }

    /** Another type, or a word that stands for having no value; the empty word goes without saying. */
    static <T> ValueType<Optional<T>> orWord(String word, ValueType<T> type) {
        String allowed = word.isEmpty() ? type.allowed : "`" + word + "` or " + type.allowed;
        return new ValueType<>(
                allowed, text -> isWord(word, text) ? Optional.empty() : Optional.of(type.parse.apply(text)));
    }

    private static boolean isWord(String word, String text) {
        // An unquoted off in a YAML file arrives here as false.
        return text.equals(word) || (word.equals("off") && text.equals("false"));
    }

    private static long bytes(String text) {
        int digits = digits(text);
        long unit =
                switch (text.substring(digits)) {
                    case "" -> 1;
                    case "KiB" -> 1 << 10;
                    case "MiB" -> 1 << 20;
                    case "GiB" -> 1 << 30;
                    default -> throw new IllegalArgumentException(text);
                };
        return multiply(text, digits, unit);
    }

    private static Duration time(String text) {
        int digits = digits(text);
        long milliseconds =
                switch (text.substring(digits)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    case "h" -> 3_600_000;
                    case "d" -> 86_400_000;
                    default -> throw new IllegalArgumentException(text);
                };
        return Duration.ofMillis(multiply(text, digits, milliseconds));
    }

    private static int digits(String text) {
        int digits = 0;
        while (digits < text.length() && Character.digit(text.charAt(digits), 10) >= 0) {
            digits++;
        }
        return digits;
    }

    private static long multiply(String text, int digits, long unit) {
        try {
            return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit);
        } catch (ArithmeticException tooBig) {
            throw new IllegalArgumentException(text, tooBig);
        }
    }

    private static void require(boolean fits, String text) {
        if (!fits) {
            throw new IllegalArgumentException(text);
        }
    }
}
