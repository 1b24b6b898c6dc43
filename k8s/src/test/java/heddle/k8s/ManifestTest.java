package heddle.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import heddle.server.config.ListenAddress;
import heddle.server.config.ServerConfig;
import heddle.server.http.HttpEndpoint;
import heddle.server.http.ReadinessCheck;
import io.fabric8.certmanager.api.model.v1.Certificate;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.custom.Quantity;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1DeploymentSpec;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1NetworkPolicyEgressRule;
import io.kubernetes.client.openapi.models.V1NetworkPolicyIngressRule;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPeer;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPort;
import io.kubernetes.client.openapi.models.V1NetworkPolicySpec;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudgetSpec;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1RollingUpdateDeployment;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1TopologySpreadConstraint;
import io.kubernetes.client.openapi.models.V1Volume;
import io.kubernetes.client.openapi.models.V1VolumeMount;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscalerSpec;
import io.kubernetes.client.util.Yaml;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.Reader;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final Path BASE = Path.of("base");
    private static final Path COMPONENTS = Path.of("components");
    private static final Path HAPROXY = COMPONENTS.resolve("haproxy");
    private static final Path OVERLAYS = Path.of("overlays");

    /** In place of the password's file, which is in a secret. */
    static final Map<String, String> NO_FILES = Map.of("database.password-file", "");

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

    static <T> T readExtension(String text, Class<T> type) {
        return EXTENSIONS.convertValue(new org.yaml.snakeyaml.Yaml().load(text), type);
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

    private static V1DeploymentSpec deployment() throws IOException {
        return deployment(BASE);
    }

    private static V1DeploymentSpec deployment(Path directory) throws IOException {
        return Objects.requireNonNull(
                read(directory.resolve("deployment.yaml"), V1Deployment.class).getSpec());
    }

    private static V1PodSpec pod() throws IOException {
        return pod(deployment());
    }

    private static V1PodSpec pod(V1DeploymentSpec deployment) {
        return Objects.requireNonNull(deployment.getTemplate().getSpec());
    }

    /** {@return what the pods of a deployment can be found by} */
    private static Map<String, String> labels(V1DeploymentSpec deployment) {
        return Objects.requireNonNull(
                Objects.requireNonNull(deployment.getTemplate().getMetadata()).getLabels());
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

    /** Nobody kills a pod whose database is away, and nobody is sent there; metrics are to be had all the time. */
    @Test
    void asksWhereHeddleAnswers() throws Exception {
        V1Container heddle = container();
        String startup = askedBy(heddle.getStartupProbe());
        String liveness = askedBy(heddle.getLivenessProbe());
        String readiness = askedBy(heddle.getReadinessProbe());
        assertThat(found(HAPROXY.resolve("haproxy.cfg"), "http-check send meth GET uri (\\S+)"))
                .isEqualTo(readiness);
        String metrics = found(COMPONENTS.resolve("monitoring/servicemonitor.yaml"), "path: (\\S+)");
        var obstacle = new AtomicReference<Optional<String>>(Optional.empty());
        try (var http = HttpEndpoint.open(
                new ListenAddress("127.0.0.1", 0),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                List.of(new ReadinessCheck("database", obstacle::get)),
                _ -> {})) {
            for (String path : List.of(startup, liveness, readiness, metrics)) {
                assertThat(status(http, path)).as(path).isEqualTo(200);
            }
            obstacle.set(Optional.of("does not answer"));
            for (String path : List.of(startup, liveness, metrics)) {
                assertThat(status(http, path)).as(path).isEqualTo(200);
            }
            assertThat(status(http, readiness)).isEqualTo(503);
        }
    }

    private static String askedBy(@Nullable V1Probe probe) {
        var request = Objects.requireNonNull(Objects.requireNonNull(probe).getHttpGet());
        assertThat(String.valueOf(request.getPort())).isEqualTo("http");
        return Objects.requireNonNull(request.getPath());
    }

    private static int status(HttpEndpoint http, String path) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://" + http.address() + path));
            return client.send(request.build(), BodyHandlers.discarding()).statusCode();
        }
    }

    /** A node or a zone that is lost takes its share of the pods; where there is only one, they are all there. */
    @Test
    void spreadsPods() throws IOException {
        var everyPod = new V1LabelSelector().matchLabels(labels(deployment()));
        assertThat(pod().getTopologySpreadConstraints())
                .allSatisfy(spread -> {
                    assertThat(spread.getMaxSkew()).isEqualTo(1);
                    assertThat(spread.getWhenUnsatisfiable()).isEqualTo("ScheduleAnyway");
                    assertThat(spread.getLabelSelector()).isEqualTo(everyPod);
                    // Of one version: the pods that a rollout replaces are no reason to avoid a node.
                    assertThat(spread.getMatchLabelKeys()).containsExactly("pod-template-hash");
                })
                .extracting(V1TopologySpreadConstraint::getTopologyKey)
                .containsExactly("kubernetes.io/hostname", "topology.kubernetes.io/zone");
    }

    /** A new pod has to serve, and for a while, before it takes the place of another; none is missing meanwhile. */
    @Test
    void replacesOnePodAfterTheOther() throws IOException {
        assertThat(rollout().getMaxSurge()).isEqualTo(new IntOrString(1));
        assertThat(rollout().getMaxUnavailable()).isEqualTo(new IntOrString(0));
        assertThat(deployment().getMinReadySeconds()).isPositive();
    }

    /** A pod is ended by nobody for the files of messages that arrive: Heddle refuses more of them before. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void hasRoomForMessagesThatArrive(String overlay) throws IOException {
        List<String> arguments = Objects.requireNonNull(container().getArgs());
        var flags = new HashMap<>(NO_FILES);
        flags.put("data", arguments.get(arguments.indexOf("--data") + 1));
        ServerConfig.Spool spool =
                ServerConfig.load(null, settings(overlay), flags).spool();
        V1VolumeMount mount = Objects.requireNonNull(container().getVolumeMounts()).stream()
                .filter(each -> spool.directory().startsWith(each.getMountPath()))
                .findAny()
                .orElseThrow();
        V1Volume volume = Objects.requireNonNull(pod().getVolumes()).stream()
                .filter(each -> each.getName().equals(mount.getName()))
                .findAny()
                .orElseThrow();
        Quantity room = Objects.requireNonNull(
                Objects.requireNonNull(volume.getEmptyDir()).getSizeLimit());
        assertThat(room.getNumber()).isGreaterThan(BigDecimal.valueOf(spool.total()));
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
        return scaler().getMaxReplicas()
                + Objects.requireNonNull(rollout().getMaxSurge()).getIntValue();
    }

    private static V2HorizontalPodAutoscalerSpec scaler() throws IOException {
        var scaler = read(BASE.resolve("horizontalpodautoscaler.yaml"), V2HorizontalPodAutoscaler.class);
        return Objects.requireNonNull(scaler.getSpec());
    }

    private static V1RollingUpdateDeployment rollout() throws IOException {
        return Objects.requireNonNull(
                Objects.requireNonNull(deployment().getStrategy()).getRollingUpdate());
    }

    /** HAProxy has a place for each pod, listens where its pods say, and finds Heddle where that listens. */
    @Test
    void balancesAllPods() throws IOException {
        Path haproxy = HAPROXY.resolve("haproxy.cfg");
        assertThat(found(haproxy, "server-template pod (\\d+)")).isEqualTo(String.valueOf(mostPods()));
        V1DeploymentSpec balancer = deployment(HAPROXY);
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
        Path haproxy = HAPROXY.resolve("haproxy.cfg");
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
        int step = Objects.requireNonNull(deployment().getMinReadySeconds());
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

    /** Clients are seen where they come from, which limits and logs go by. */
    @ParameterizedTest
    @ValueSource(strings = {"base/service.yaml", "components/haproxy/service.yaml"})
    void keepsTheAddressesOfClients(Path file) throws IOException {
        var service = Objects.requireNonNull(read(file, V1Service.class).getSpec());
        assertThat(service.getType()).isEqualTo("LoadBalancer");
        assertThat(service.getExternalTrafficPolicy()).isEqualTo("Local");
    }

    /** HAProxy finds each pod by itself, and only those that are ready. */
    @Test
    void publishesReadyPods() throws IOException {
        V1Service service = read(BASE.resolve("service-pods.yaml"), V1Service.class);
        String name = Objects.requireNonNull(service.getMetadata()).getName();
        assertThat(found(HAPROXY.resolve("haproxy.cfg"), "\"([a-z-]+)\\.\\$\\{NAMESPACE}"))
                .isEqualTo(name);
        var spec = Objects.requireNonNull(service.getSpec());
        assertThat(spec.getClusterIP()).isEqualTo("None");
        assertThat(spec.getPublishNotReadyAddresses()).isNotEqualTo(true);
        assertThat(spec.getSelector()).isEqualTo(labels(deployment()));
    }

    /** Mail is read from anywhere, delivered from where it is received, and metrics are for those who watch. */
    @ParameterizedTest
    @CsvSource({"base, http", "components/haproxy, observe"})
    void letsInWhoIsAwaited(Path directory, String watched) throws IOException {
        V1NetworkPolicySpec policy = policy(directory);
        assertThat(policy.getPolicyTypes()).containsExactly("Ingress", "Egress");
        assertThat(Objects.requireNonNull(policy.getPodSelector()).getMatchLabels())
                .isEqualTo(labels(deployment(directory)));
        var from = new HashMap<String, List<V1NetworkPolicyPeer>>();
        for (V1NetworkPolicyIngressRule rule : Objects.requireNonNull(policy.getIngress())) {
            for (V1NetworkPolicyPort port : Objects.requireNonNull(rule.getPorts())) {
                List<V1NetworkPolicyPeer> peers = Objects.requireNonNullElse(rule.getFrom(), List.of());
                assertThat(from.put(String.valueOf(port.getPort()), peers)).isNull(); // rules add up
            }
        }
        assertThat(from)
                .containsOnly(
                        entry("imap", List.of()),
                        entry("imaps", List.of()),
                        entry("lmtp", List.of(namespace("heddle.example/delivers-mail", "true"))),
                        entry(watched, List.of(namespace("kubernetes.io/metadata.name", "monitoring"))));
    }

    private static V1NetworkPolicySpec policy(Path directory) throws IOException {
        V1NetworkPolicy policy = read(directory.resolve("networkpolicy.yaml"), V1NetworkPolicy.class);
        return Objects.requireNonNull(policy.getSpec());
    }

    private static V1NetworkPolicyPeer namespace(String label, String value) {
        return new V1NetworkPolicyPeer().namespaceSelector(new V1LabelSelector().matchLabels(Map.of(label, value)));
    }

    /** Out go questions for names, and each to what it serves for: Heddle to PostgreSQL, HAProxy to Heddle. */
    @Test
    void letsOutWhatIsNeeded() throws IOException {
        var names = new V1NetworkPolicyEgressRule()
                .addPortsItem(port(53).protocol("UDP"))
                .addPortsItem(port(53).protocol("TCP"));
        var postgresql = new V1NetworkPolicyEgressRule().addPortsItem(port(5432));
        var heddle = new V1NetworkPolicyEgressRule()
                .addToItem(
                        new V1NetworkPolicyPeer().podSelector(new V1LabelSelector().matchLabels(labels(deployment()))));
        assertThat(policy(BASE).getEgress()).containsExactlyInAnyOrder(names, postgresql);
        assertThat(policy(HAPROXY).getEgress()).containsExactlyInAnyOrder(names, heddle);
    }

    private static V1NetworkPolicyPort port(int number) {
        return new V1NetworkPolicyPort().port(new IntOrString(number));
    }

    /** A node can be emptied: of pods that serve one goes at a time and another stays, of those that do not all may go. */
    @ParameterizedTest
    @ValueSource(strings = {"base", "components/haproxy"})
    void letsANodeBeEmptied(Path directory) throws IOException {
        V1PodDisruptionBudgetSpec budget =
                Objects.requireNonNull(read(directory.resolve("poddisruptionbudget.yaml"), V1PodDisruptionBudget.class)
                        .getSpec());
        V1DeploymentSpec deployment = deployment(directory);
        assertThat(Objects.requireNonNull(budget.getSelector()).getMatchLabels())
                .isEqualTo(labels(deployment));
        assertThat(budget.getMaxUnavailable()).isEqualTo(new IntOrString(1));
        assertThat(budget.getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
        Integer fewest =
                Objects.requireNonNullElse(deployment.getReplicas(), Objects.requireNonNull(scaler().getMinReplicas()));
        assertThat(fewest).isGreaterThan(1);
    }

    /** One pod's clients are with the others before the next pod's come. */
    @Test
    void takesAwayOnePodAfterTheOther() throws IOException {
        var down = Objects.requireNonNull(
                Objects.requireNonNull(scaler().getBehavior()).getScaleDown());
        assertThat(Objects.requireNonNull(down.getPolicies())).singleElement().satisfies(policy -> {
            assertThat(policy.getType()).isEqualTo("Pods");
            assertThat(policy.getValue()).isEqualTo(1);
            assertThat(policy.getPeriodSeconds().longValue())
                    .isGreaterThan(Objects.requireNonNull(pod().getTerminationGracePeriodSeconds()));
        });
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
