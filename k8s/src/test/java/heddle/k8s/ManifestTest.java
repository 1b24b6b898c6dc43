package heddle.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.config.ServerConfig;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final Path BASE = Path.of("base");
    private static final Path OVERLAYS = Path.of("overlays");

    private static <T> T read(Path file, Class<T> type) throws IOException {
        return Yaml.loadAs(Files.readString(file), type);
    }

    /** {@return every file that is one object of the API by itself: not a patch, not kustomize's, not of an extension} */
    static List<Path> objects() throws IOException {
        try (Stream<Path> base = Files.walk(BASE);
                Stream<Path> overlays = Files.walk(OVERLAYS)) {
            return Stream.concat(base, overlays)
                    .filter(file -> file.toString().endsWith(".yaml"))
                    .filter(ManifestTest::isOfTheApi)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isOfTheApi(Path file) {
        return !Stream.of("Kustomization\n", "cert-manager.io", "monitoring.coreos.com", "postgresql.cnpg.io")
                .anyMatch(text(file)::contains);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Unknown fields and wrong types are found: reading into the API's type and writing loses nothing. */
    @ParameterizedTest
    @MethodSource("objects")
    void hasOnlyWhatTheApiKnows(Path file) throws IOException {
        String text = Files.readString(file);
        Object object = Yaml.load(text);
        Object asWritten = new org.yaml.snakeyaml.Yaml().load(text);
        Object asRead = new org.yaml.snakeyaml.Yaml().load(Yaml.dump(object));
        assertThat(paths(asRead, "")).containsAll(paths(asWritten, ""));
    }

    /** {@return where in it there is something} */
    private static List<String> paths(Object node, String above) {
        return switch (node) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .flatMap(entry -> paths(entry.getValue(), above + "/" + entry.getKey()).stream())
                        .toList();
            case List<?> list ->
                list.stream()
                        .flatMap(item -> paths(item, above + "[]").stream())
                        .toList();
            default -> List.of(above);
        };
    }

    private static Map<String, String> settings(String overlay) throws IOException {
        var all = new HashMap<>(Objects.requireNonNull(
                read(BASE.resolve("configmap.yaml"), V1ConfigMap.class).getData()));
        Path changed = OVERLAYS.resolve(overlay).resolve("settings.yaml");
        if (Files.exists(changed)) {
            all.putAll(Objects.requireNonNull(read(changed, V1ConfigMap.class).getData()));
        }
        return all;
    }

    /** Every setting exists and has a value that is allowed; the server says otherwise in one line and ends with 2. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void setsWhatHeddleKnows(String overlay, @TempDir Path directory) throws IOException {
        Path secret = Files.writeString(directory.resolve("password"), "secret");
        Map<String, String> settings = settings(overlay);
        settings.put("HEDDLE_DATABASE_PASSWORD_FILE", secret.toString());
        ServerConfig config = ServerConfig.load(null, settings, Map.of());
        V1PodSpec pod = pod();
        assertThat(Objects.requireNonNull(pod.getTerminationGracePeriodSeconds()))
                .as("what Kubernetes allows is more than what Heddle takes")
                .isGreaterThan(config.shutdown().grace().toSeconds());
    }

    private static V1PodSpec pod() throws IOException {
        V1Deployment deployment = read(BASE.resolve("deployment.yaml"), V1Deployment.class);
        return Objects.requireNonNull(Objects.requireNonNull(
                        Objects.requireNonNull(deployment.getSpec()).getTemplate())
                .getSpec());
    }

    private static V1Container container() throws IOException {
        return pod().getContainers().getFirst();
    }

    /** The ports of pod, settings and services are the same, by their names. */
    @Test
    void agreesOnPorts() throws IOException {
        Map<String, String> settings = settings("local");
        var names = new ArrayList<String>();
        for (V1ContainerPort port : Objects.requireNonNull(container().getPorts())) {
            String name = Objects.requireNonNull(port.getName());
            names.add(name);
            assertThat(settings.get("HEDDLE_LISTEN_" + name.toUpperCase(Locale.ROOT)))
                    .isEqualTo("*:" + port.getContainerPort());
        }
        assertThat(names).containsExactly("imap", "imaps", "lmtp", "http");
        for (String service : List.of("service.yaml", "service-pods.yaml")) {
            V1Service read = read(BASE.resolve(service), V1Service.class);
            assertThat(Objects.requireNonNull(
                            Objects.requireNonNull(read.getSpec()).getPorts()))
                    .allSatisfy(port -> assertThat(names).contains(String.valueOf(port.getTargetPort())));
        }
    }

    @Test
    void runsWithoutPrivileges() throws IOException {
        var security = Objects.requireNonNull(container().getSecurityContext());
        assertThat(security.getReadOnlyRootFilesystem()).isTrue();
        assertThat(security.getAllowPrivilegeEscalation()).isFalse();
        assertThat(Objects.requireNonNull(security.getCapabilities()).getDrop()).containsExactly("ALL");
        var podSecurity = Objects.requireNonNull(pod().getSecurityContext());
        assertThat(podSecurity.getRunAsNonRoot()).isTrue();
        assertThat(Objects.requireNonNull(podSecurity.getSeccompProfile()).getType())
                .isEqualTo("RuntimeDefault");
    }

    /** Everything that is kept out of the image and the ConfigMap comes from a secret. */
    @Test
    void keepsSecretsOutOfSettings() throws IOException {
        assertThat(settings("production")).doesNotContainKeys("HEDDLE_DATABASE_PASSWORD", "HEDDLE_DATABASE_URL");
    }
}
