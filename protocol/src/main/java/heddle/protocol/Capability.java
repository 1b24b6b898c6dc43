package heddle.protocol;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something a server can do (RFC 3501 §7.2.1). Letter case is ignored when two are compared.
 *
 * @param wire as it is written on the wire, with its value where it has one: {@code IDLE}, {@code AUTH=PLAIN}
 */
public record Capability(String wire) {
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Capability(String spelling) && spelling.equalsIgnoreCase(wire);
    }

    @Override
    public int hashCode() {
        return wire.toUpperCase(Locale.ROOT).hashCode();
    }

    @Override
    public String toString() {
        return wire;
    }
}
