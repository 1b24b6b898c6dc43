package heddle.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import heddle.server.config.ServerConfig;
import io.fabric8.certmanager.api.model.v1.Certificate;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.Reader;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final Path BASE = Path.of("base");
    private static final Path COMPONENTS = Path.of("components");
    private static final Path OVERLAYS = Path.of("overlays");

    /** In place of the password's file, which is in a secret. */
    private static final Map<String, String> NO_FILES = Map.of("database.password-file", "");

    private static <T> T read(Path file, Class<T> type) throws IOException {
        return Yaml.loadAs(Files.readString(file), type);
    }

    /** Reads what is there and nothing else: these types would take what they do not know for an addition. */
    private static final ObjectMapper EXTENSIONS = JsonMapper.builder()
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                @Serial
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated type) {
                    return false;
                }
            })
            .build();

    /** {@return every file that is one object by itself, of the API or of an extension whose types there are in Java} */
    static List<Path> objects() throws IOException {
        try (Stream<Path> base = Files.walk(BASE);
                Stream<Path> components = Files.walk(COMPONENTS);
                Stream<Path> overlays = Files.walk(OVERLAYS)) {
            return Stream.of(base, components, overlays)
                    .flatMap(files -> files)
                    .filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> hasType(text(file)))
                    .sorted()
                    .toList();
        }
    }

    /** Whether there is a type for it: not for what is kustomize's, and CloudNativePG has types for Go alone. */
    static boolean hasType(String text) {
        return !text.contains("kustomize.config.k8s.io") && !text.contains(".cnpg.io");
    }

    /** Whether the API itself has objects of this kind. */
    static boolean isOfTheApi(String text) {
        return hasType(text)
                && extension(new org.yaml.snakeyaml.Yaml().load(text)).isEmpty();
    }

    /** {@return the type of an object that is not of the API itself} */
    private static Optional<Class<?>> extension(Map<String, ?> object) {
        return switch (object.get("apiVersion") + " " + object.get("kind")) {
            case "cert-manager.io/v1 Certificate" -> Optional.of(Certificate.class);
            case "monitoring.coreos.com/v1 PodMonitor" -> Optional.of(PodMonitor.class);
            case "monitoring.coreos.com/v1 PrometheusRule" -> Optional.of(PrometheusRule.class);
            case "monitoring.coreos.com/v1 ServiceMonitor" -> Optional.of(ServiceMonitor.class);
            default -> Optional.empty();
        };
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @ParameterizedTest
    @MethodSource("objects")
    void hasOnlyWhatItsTypeKnows(Path file) throws IOException {
        requireKnown(Files.readString(file));
    }

    /** Unknown fields and wrong types are found: reading into the object's type loses nothing. */
    static void requireKnown(String text) throws IOException {
        Map<String, ?> asWritten = new org.yaml.snakeyaml.Yaml().load(text);
        Optional<Class<?>> extension = extension(asWritten);
        if (extension.isPresent()) {
            EXTENSIONS.convertValue(asWritten, extension.get());
        } else {
            Object asRead = new org.yaml.snakeyaml.Yaml().load(Yaml.dump(Yaml.load(text)));
            assertThat(paths(asRead, "")).containsAll(paths(asWritten, ""));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "base/deployment.yaml, minReadySeconds, readySeconds",
        "overlays/production/certificate.yaml, rotationPolicy, rotation",
        "components/monitoring/servicemonitor.yaml, serviceDiscoveryRole, discoveryRole",
        "components/monitoring/prometheusrule.yaml, expr, expression"
    })
    void findsWhatNoTypeKnows(Path file, String known, String unknown) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(known + ":");
        assertThatThrownBy(() -> requireKnown(text.replace(known + ":", unknown + ":")))
                .hasMessageContaining(unknown);
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
        var all = new Properties();
        for (Path directory : List.of(BASE, OVERLAYS.resolve(overlay))) {
            Path file = directory.resolve("settings.env");
            if (Files.exists(file)) {
                try (Reader settings = Files.newBufferedReader(file)) {
                    all.load(settings);
                }
            }
        }
        var settings = new HashMap<String, String>();
        all.forEach((name, value) -> settings.put((String) name, (String) value));
        return settings;
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
        return pod(read(BASE.resolve("deployment.yaml"), V1Deployment.class));
    }

    private static V1PodSpec pod(V1Deployment deployment) {
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

    /** {@return what the only match of this pattern in a file has in its only group} */
    private static String found(Path file, String pattern) throws IOException {
        List<String> all = Pattern.compile(pattern)
                .matcher(Files.readString(file))
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();
        assertThat(all).as(pattern).hasSize(1);
        return all.getFirst();
    }

    private static int mostPods() throws IOException {
        var scaler = read(BASE.resolve("horizontalpodautoscaler.yaml"), V2HorizontalPodAutoscaler.class);
        return Objects.requireNonNull(scaler.getSpec()).getMaxReplicas() + 1; // during a rollout
    }

    /** HAProxy has a place for each pod, listens where its pods say, and finds Heddle where that listens. */
    @Test
    void balancesAllPods() throws IOException {
        Path haproxy = COMPONENTS.resolve("haproxy/haproxy.cfg");
        assertThat(found(haproxy, "server-template pod (\\d+)")).isEqualTo(String.valueOf(mostPods()));
        V1Deployment balancer = read(COMPONENTS.resolve("haproxy/deployment.yaml"), V1Deployment.class);
        var ports = new TreeMap<String, Integer>();
        for (V1ContainerPort port :
                Objects.requireNonNull(pod(balancer).getContainers().getFirst().getPorts())) {
            ports.put(Objects.requireNonNull(port.getName()), port.getContainerPort());
        }
        String text = Files.readString(haproxy);
        for (V1ContainerPort port : Objects.requireNonNull(container().getPorts())) {
            String name = Objects.requireNonNull(port.getName());
            if (name.equals("http")) {
                assertThat(text).contains("check port " + port.getContainerPort() + " ");
            } else {
                assertThat(text)
                        .contains("frontend " + name + "\n    bind :" + ports.get(name) + "\n")
                        .containsPattern("backend " + name + "\n.*:" + port.getContainerPort() + "\"");
            }
        }
        assertThat(text).contains("bind :" + ports.get("observe"));
    }

    /** New clients are sent elsewhere before a pod takes none any more, and may be silent for as long as Heddle lets them. */
    @Test
    void givesTheBalancerTime() throws IOException {
        Path haproxy = COMPONENTS.resolve("haproxy/haproxy.cfg");
        ServerConfig config = ServerConfig.load(null, settings("production"), NO_FILES);
        long notices = Long.parseLong(found(haproxy, "inter (\\d+)s")) * Long.parseLong(found(haproxy, "fall (\\d+)"))
                + Long.parseLong(found(haproxy, "timeout check (\\d+)s"));
        assertThat(config.shutdown().delay().toSeconds()).isGreaterThan(notices);
        for (String side : List.of("client", "server")) {
            assertThat(Long.parseLong(found(haproxy, "timeout " + side + " (\\d+)m")))
                    .isGreaterThan(config.timeouts().idle().toMinutes());
        }
    }

    /**
     * {@return how many pods have connections at once, during a rollout: beside those that serve those that stop} One stops
     * with each that comes, and may take until it is killed.
     */
    private static int mostConnectedPods() throws IOException {
        var deployment = Objects.requireNonNull(
                read(BASE.resolve("deployment.yaml"), V1Deployment.class).getSpec());
        int step = Objects.requireNonNull(deployment.getMinReadySeconds());
        long stops = Objects.requireNonNull(pod().getTerminationGracePeriodSeconds());
        return mostPods() + Math.ceilDiv((int) stops, step);
    }

    /** All pods find room in the database: their pools, and the three connections beside each. */
    @Test
    void hasEnoughConnections() throws IOException {
        int room = Integer.parseInt(
                found(COMPONENTS.resolve("cloudnativepg/cluster.yaml"), "max_connections: \"(\\d+)\""));
        ServerConfig config = ServerConfig.load(null, settings("production"), NO_FILES);
        assertThat(room).isGreaterThan(mostConnectedPods() * (config.database().poolSize() + 3));
    }

    /** A node can be emptied while the database is away, and no pod ready. */
    @Test
    void letsPodsGoThatAreNotReady() throws IOException {
        var budget = read(BASE.resolve("poddisruptionbudget.yaml"), V1PodDisruptionBudget.class);
        assertThat(Objects.requireNonNull(budget.getSpec()).getUnhealthyPodEvictionPolicy())
                .isEqualTo("AlwaysAllow");
    }

    /** cert-manager writes keys of elliptic curves as RFC 5915 has them unless it is asked; other libraries want PKCS #8. */
    @Test
    void asksForAKeyThatHeddleReads() throws IOException {
        assertThat(found(OVERLAYS.resolve("production/certificate.yaml"), "encoding: (\\S+)"))
                .isEqualTo("PKCS8");
    }

    /** Everything that is kept out of the image and the ConfigMap comes from a secret. */
    @Test
    void keepsSecretsOutOfSettings() throws IOException {
        assertThat(settings("production")).doesNotContainKeys("HEDDLE_DATABASE_PASSWORD", "HEDDLE_DATABASE_URL");
    }
}
