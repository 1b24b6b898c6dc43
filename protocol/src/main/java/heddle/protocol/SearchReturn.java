package heddle.protocol;

import java.util.Optional;

/** What a client wants to know of the messages found, or done with them (RFC 4731 §3.1, RFC 5182). The names are those of the wire. */
public enum SearchReturn {
    /** The smallest number. */
    MIN,
    /** The largest number. */
    MAX,
    /** All numbers, as a set. */
    ALL,
    /** How many there are. */
    COUNT,
    /** Nothing: they are what {@code $} means from now on. */
    SAVE;

    /** {@return the option of this name, letter case ignored} */
    public static Optional<SearchReturn> of(String wire) {
        for (SearchReturn option : values()) {
            if (option.name().equalsIgnoreCase(wire)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }
}
