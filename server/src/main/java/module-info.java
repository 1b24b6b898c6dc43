import org.jspecify.annotations.NullMarked;

/** The life: listeners, sessions, commands, delivery, admin, metrics, command line. */
@NullMarked
module heddle.server {
    requires static org.jspecify;
    requires heddle.storage;
    requires heddle.protocol;
    requires java.logging;
    requires com.github.benmanes.caffeine;
    requires io.helidon.webserver;
    requires io.helidon.webserver.observe.health;
    requires io.helidon.config.yaml;
    requires io.helidon.common.configurable;
    requires io.helidon.common.pki;
    requires io.helidon.health;
    requires io.helidon.http;
    requires io.helidon.webserver.observe;
    requires io.helidon.http.media.jsonp;
    requires io.helidon.logging.jul;
    requires jakarta.json;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires micrometer.java21;
    requires info.picocli;
    requires org.yaml.snakeyaml;

    opens heddle.server.cli to
            info.picocli;
}
