package heddle.server.metrics;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** One meter for each constant of an enum, all there from the start, so that each series begins at zero. */
final class PerConstant<E extends Enum<E>, M> {
    private final Map<E, M> meters;

    PerConstant(Class<E> constants, Function<E, M> meter) {
        meters = new EnumMap<>(constants);
        for (E constant : constants.getEnumConstants()) {
            meters.put(constant, meter.apply(constant));
        }
    }

    /** {@return the constant as the value of a label} */
    static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    M of(E constant) {
        return Objects.requireNonNull(meters.get(constant));
    }
}
