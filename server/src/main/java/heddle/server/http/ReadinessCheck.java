package heddle.server.http;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Something without which no client can be served.
 *
 * @param name one word, such as {@code database}
 * @param obstacle what stands in the way, empty when nothing does; asked at each request, so it has to be quick
 */
public record ReadinessCheck(String name, Supplier<Optional<String>> obstacle) {}
