package heddle.server.metrics;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real Prometheus that scrapes servers of this machine every second. */
final class Prometheus implements AutoCloseable {
    private final Process process;
    private final String address;
    private final HttpClient http = HttpClient.newHttpClient();

    private Prometheus(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /** {@return the program; empty where it is not installed} */
    static Optional<Path> program() {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, "prometheus"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts it.
     *
     * @param ports the servers' HTTP ports; the pods are called after their places: {@code heddle-0} and so on
     * @param balancer where HAProxy tells its metrics
     * @param rules what the operator's objects for alerts have as their spec
     */
    static Prometheus start(Path program, Path directory, List<Integer> ports, int balancer, String rules)
            throws IOException {
        Files.writeString(directory.resolve("rules.yaml"), rules);
        Path config = Files.writeString(directory.resolve("prometheus.yaml"), config(ports, balancer));
        String address = "127.0.0.1:" + freePort();
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        "--web.listen-address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        return new Prometheus(process, address);
    }

    private static String config(List<Integer> ports, int balancer) {
        var config = new StringBuilder("""
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [rules.yaml]
                scrape_configs:
                  - job_name: haproxy
                    static_configs:
                      - {targets: ['127.0.0.1:%d'], labels: {pod: haproxy-0}}
                  - job_name: heddle
                    static_configs:
                """.formatted(balancer));
        for (int i = 0; i < ports.size(); i++) {
            config.append("      - {targets: ['127.0.0.1:%d'], labels: {pod: heddle-%d}}\n".formatted(ports.get(i), i));
        }
        return config.toString();
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }

    /** {@return what it answers to a query: values as text} */
    List<String> query(String expression) {
        JsonObject answer = get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        JsonArray result = answer.getJsonObject("data").getJsonArray("result");
        return result.stream()
                .map(JsonValue::asJsonObject)
                .map(series -> series.getJsonArray("value").getString(1))
                .toList();
    }

    /** {@return the names of the alerts that fire now} */
    Set<String> firing() {
        return get("/api/v1/alerts").getJsonObject("data").getJsonArray("alerts").stream()
                .map(JsonValue::asJsonObject)
                .filter(alert -> alert.getString("state").equals("firing"))
                .map(alert -> alert.getJsonObject("labels").getString("alertname"))
                .collect(Collectors.toSet());
    }

    /** Whether it answers yet. */
    boolean isReady() {
        try {
            return send("/-/ready").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private JsonObject get(String path) {
        try {
            HttpResponse<String> response = send(path);
            if (response.statusCode() != 200) {
                throw new IllegalArgumentException(path + ": " + response.body());
            }
            try (var reader = Json.createReader(new StringReader(response.body()))) {
                return reader.readObject();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private HttpResponse<String> send(String path) throws IOException {
        try {
            URI uri = URI.create("http://" + address + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        process.destroyForcibly().onExit().join();
    }
}
