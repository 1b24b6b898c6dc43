package heddle.server.http;

import heddle.server.config.ListenAddress;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;

/**
 * What operators and machines ask over HTTP: {@code /metrics} in Prometheus' text format, {@code /health/live} (always
 * up while it answers) and {@code /health/ready} (503 with the reasons when clients cannot be served). What
 * {@link Administration} answers is for this machine only.
 */
public final class HttpEndpoint implements AutoCloseable {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final WebServer server;
    private final ListenAddress address;

    private HttpEndpoint(WebServer server, ListenAddress address) {
        this.server = server;
        this.address = address;
    }

    /**
     * Starts to answer.
     *
     * @throws IOException when the address cannot be bound; the message names it
     */
    public static HttpEndpoint open(
            ListenAddress address,
            PrometheusMeterRegistry metrics,
            List<ReadinessCheck> readiness,
            HttpService administration)
            throws IOException {
        InetSocketAddress socketAddress = address.socketAddress();
        if (socketAddress.isUnresolved()) {
            throw new IOException("cannot listen at " + address + " for http: unknown host");
        }
        WebServerConfig.Builder builder = WebServer.builder()
                .address(socketAddress.getAddress())
                .port(address.port())
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .addFeature(health(readiness))
                .routing(routing -> routing.get("/metrics", (_, response) -> scrape(metrics, response))
                        .register("/", administration));
        requireFree(address, socketAddress);
        WebServer server = builder.build().start();
        if (!server.isRunning()) {
            throw new IOException("cannot listen at " + address + " for http");
        }
        return new HttpEndpoint(server, address);
    }

    /** The web server only logs that it could not bind. */
    private static void requireFree(ListenAddress address, InetSocketAddress socketAddress) throws IOException {
        try (var probe = new ServerSocket()) {
            probe.bind(socketAddress);
        } catch (IOException refused) {
            throw new IOException("cannot listen at " + address + " for http: " + refused.getMessage(), refused);
        }
    }

    private static ObserveFeature health(List<ReadinessCheck> readiness) {
        var observer = HealthObserver.builder()
                .endpoint("/health")
                .useSystemServices(false)
                .details(true);
        for (ReadinessCheck check : readiness) {
            observer.addCheck(() -> ask(check), HealthCheckType.READINESS, check.name());
        }
        return ObserveFeature.builder()
                .endpoint("/")
                .observersDiscoverServices(false)
                .addObserver(observer.build())
                .build();
    }

    private static HealthCheckResponse ask(ReadinessCheck check) {
        var response = HealthCheckResponse.builder();
        Optional<String> obstacle = check.obstacle().get();
        obstacle.ifPresent(reason -> response.detail("reason", reason));
        return response.status(obstacle.isEmpty()).build();
    }

    private static void scrape(PrometheusMeterRegistry metrics, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, PROMETHEUS_TEXT).send(metrics.scrape(PROMETHEUS_TEXT));
    }

    /** {@return where it listens} */
    public ListenAddress address() {
        return new ListenAddress(address.host(), server.port());
    }

    /** Answers no more. */
    @Override
    public void close() {
        server.stop();
    }
}
