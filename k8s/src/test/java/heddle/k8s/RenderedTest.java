package heddle.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import heddle.server.config.ServerConfig;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitorSpec;
import io.kubernetes.client.custom.Quantity;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1NetworkPolicyIngressRule;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPeer;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPort;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V1Volume;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscalerSpec;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code kubectl} would send to the cluster for each overlay. */
class RenderedTest {
    private static final Map<String, String> HEDDLE = Map.of("app.kubernetes.io/name", "heddle");
    private static final Pattern HEAP = Pattern.compile("-XX:MaxRAMPercentage=(\\d+)");
    private static final long KIB = 1024;

    @BeforeAll
    static void findKubectl() throws InterruptedException {
        boolean isInstalled;
        try {
            isInstalled = new ProcessBuilder("kubectl", "version", "--client")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            isInstalled = false;
        }
        assumeTrue(isInstalled, "kubectl is not installed");
    }

    private static List<String> rendered(String overlay) throws IOException, InterruptedException {
        return rendered(Path.of("overlays", overlay));
    }

    private static List<String> rendered(Path overlay) throws IOException, InterruptedException {
        Path said = Files.createTempFile("kubectl", ".log");
        try {
            Process kubectl = new ProcessBuilder("kubectl", "kustomize", overlay.toString())
                    .redirectError(said.toFile())
                    .start();
            String all = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(kubectl.waitFor()).as("%s", Files.readString(said)).isZero();
            return List.of(all.split("\n---\n"));
        } finally {
            Files.delete(said);
        }
    }

    private static List<Object> objects(List<String> rendered) throws IOException {
        var objects = new ArrayList<>();
        for (String text : rendered) {
            if (ManifestTest.isOfTheApi(text)) {
                objects.add(Yaml.load(text));
            }
        }
        return objects;
    }

    private static <T> List<T> all(Collection<?> objects, Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private static List<V1PodTemplateSpec> pods(Collection<?> objects) {
        return Stream.concat(
                        all(objects, V1Deployment.class).stream()
                                .map(deployment -> Objects.requireNonNull(deployment.getSpec())
                                        .getTemplate()),
                        all(objects, V1StatefulSet.class).stream().map(set -> Objects.requireNonNull(set.getSpec())
                                .getTemplate()))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void hasOnlyWhatItsTypesKnow(String overlay) throws Exception {
        for (String text : rendered(overlay)) {
            if (ManifestTest.hasType(text)) {
                ManifestTest.requireKnown(text);
            }
        }
    }

    /** Each service and policy is for pods that there are, and for ports that they have. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void findsItsPods(String overlay) throws Exception {
        List<Object> objects = objects(rendered(overlay));
        List<V1PodTemplateSpec> pods = pods(objects);
        for (V1Service service : all(objects, V1Service.class)) {
            var spec = Objects.requireNonNull(service.getSpec());
            Set<String> ports = portsOf(pods, Objects.requireNonNull(spec.getSelector()));
            assertThat(Objects.requireNonNull(spec.getPorts()))
                    .as("%s", service.getMetadata())
                    .allSatisfy(port -> assertThat(ports).contains(String.valueOf(port.getTargetPort())));
        }
        for (V1NetworkPolicy policy : all(objects, V1NetworkPolicy.class)) {
            var spec = Objects.requireNonNull(policy.getSpec());
            Set<String> ports = portsOf(
                    pods,
                    Objects.requireNonNull(
                            Objects.requireNonNull(spec.getPodSelector()).getMatchLabels()));
            assertThat(Objects.requireNonNull(spec.getIngress()))
                    .as("%s", policy.getMetadata())
                    .flatMap(rule -> Objects.requireNonNullElse(rule.getPorts(), List.of()))
                    .allSatisfy(port -> assertThat(ports).contains(String.valueOf(port.getPort())));
        }
    }

    private static Set<String> portsOf(List<V1PodTemplateSpec> pods, Map<String, String> selector) {
        var ports = new HashSet<String>();
        for (V1PodTemplateSpec pod : pods) {
            Map<String, String> labels = Objects.requireNonNull(
                    Objects.requireNonNull(pod.getMetadata()).getLabels());
            if (labels.entrySet().containsAll(selector.entrySet())) {
                for (V1Container container :
                        Objects.requireNonNull(pod.getSpec()).getContainers()) {
                    for (V1ContainerPort port : Objects.requireNonNull(container.getPorts())) {
                        ports.add(Objects.requireNonNull(port.getName()));
                    }
                }
            }
        }
        assertThat(ports).as("ports of pods with " + selector).isNotEmpty();
        return ports;
    }

    /** On one's own machine the image is what was loaded into the cluster; no registry has it. */
    @Test
    void takesTheImageThatWasLoaded() throws Exception {
        V1Container heddle = heddle(objects(rendered("local")));
        assertThat(heddle.getImage()).isEqualTo("heddle");
        assertThat(heddle.getImagePullPolicy()).isEqualTo("IfNotPresent");
    }

    private static V1Container heddle(Collection<?> objects) {
        List<V1Container> all = pods(objects).stream()
                .flatMap(pod -> Objects.requireNonNull(pod.getSpec()).getContainers().stream())
                .filter(container -> container.getName().equals("heddle"))
                .toList();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    /** Whoever can connect to a mail port can claim to be any client, by a PROXY header: HAProxy alone can. */
    @Test
    void letsOnlyTheBalancerSpeakForClients() throws Exception {
        List<V1NetworkPolicyIngressRule> mail = all(objects(rendered("production")), V1NetworkPolicy.class).stream()
                .map(policy -> Objects.requireNonNull(policy.getSpec()))
                .filter(spec -> HEDDLE.equals(
                        Objects.requireNonNull(spec.getPodSelector()).getMatchLabels()))
                .flatMap(spec -> Objects.requireNonNull(spec.getIngress()).stream())
                .filter(rule -> !isForMetrics(rule))
                .toList();
        assertThat(mail).hasSize(1);
        var balancer = new V1LabelSelector().matchLabels(Map.of("app.kubernetes.io/name", "haproxy"));
        assertThat(mail.getFirst().getFrom()).containsExactly(new V1NetworkPolicyPeer().podSelector(balancer));
    }

    private static boolean isForMetrics(V1NetworkPolicyIngressRule rule) {
        var ports = Objects.requireNonNullElse(rule.getPorts(), List.<V1NetworkPolicyPort>of());
        return !ports.isEmpty()
                && ports.stream()
                        .allMatch(port -> String.valueOf(port.getPort()).equals("http"));
    }

    /** Sessions say when there are too few pods, and CPU does; it takes half an hour until there are too many. */
    @Test
    void scalesBySessions() throws Exception {
        V2HorizontalPodAutoscalerSpec scaler =
                Objects.requireNonNull(all(objects(rendered("production")), V2HorizontalPodAutoscaler.class)
                        .getFirst()
                        .getSpec());
        assertThat(Objects.requireNonNull(scaler.getMetrics()))
                .extracting(metric -> metric.getPods() == null
                        ? metric.getType()
                        : metric.getPods().getMetric().getName())
                .containsExactly("heddle_sessions", "Resource");
        var behavior = Objects.requireNonNull(scaler.getBehavior());
        assertThat(Objects.requireNonNull(behavior.getScaleDown()).getStabilizationWindowSeconds())
                .isEqualTo(1800);
    }

    /** Rules and dashboards go by the job "heddle": so the Service is labelled, and one alone has the pods to be scraped. */
    @Test
    void isScrapedUnderItsName() throws Exception {
        List<String> rendered = rendered("production");
        ServiceMonitorSpec monitor = ManifestTest.readExtension(
                        rendered.stream()
                                .filter(text -> text.contains("\nkind: ServiceMonitor\n"))
                                .findAny()
                                .orElseThrow(),
                        ServiceMonitor.class)
                .getSpec();
        String port = monitor.getEndpoints().getFirst().getPort();
        List<Map<String, String>> scraped = all(objects(rendered), V1Service.class).stream()
                .filter(service -> Objects.requireNonNull(
                                Objects.requireNonNull(service.getSpec()).getPorts())
                        .stream()
                        .anyMatch(each -> port.equals(each.getName())))
                .map(service -> Objects.requireNonNull(
                        Objects.requireNonNull(service.getMetadata()).getLabels()))
                .filter(labels -> labels.entrySet()
                        .containsAll(monitor.getSelector().getMatchLabels().entrySet()))
                .toList();
        assertThat(scraped).hasSize(1);
        assertThat(scraped.getFirst()).containsEntry(monitor.getJobLabel(), "heddle");
    }

    /** With as many clients as it takes, all of them compressing, a pod is within its memory, on both sides of the heap's end. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void fitsIntoItsMemory(String overlay) throws Exception {
        List<Object> objects = objects(rendered(overlay));
        Map<String, String> settings = settings(objects);
        var resources = Objects.requireNonNull(heddle(objects).getResources());
        assertThat(Objects.requireNonNull(resources.getRequests())).containsKeys("cpu", "memory");
        long limit = bytes(Objects.requireNonNull(resources.getLimits()).get("memory"));
        Matcher percent = HEAP.matcher(settings.getOrDefault("HEDDLE_JAVA_OPTIONS", ""));
        assertThat(percent.find()).isTrue();
        long heap = limit * Integer.parseInt(percent.group(1)) / 100;
        var config = ServerConfig.load(null, settings, ManifestTest.NO_FILES);
        long clients = config.connections().total();
        // Of a session 17 KiB are heap and 28 outside (BENCHMARK.md), where the JVM itself has about 150 MiB.
        assertThat(clients * 17 * KIB
                        + config.mail().snapshotCache()
                        + 2 * config.mail().messageCache())
                .isLessThan(heap);
        assertThat(clients * 28 * KIB + 150 * 1024 * KIB).isLessThan(limit - heap);
        // HeddleMemoryShort has the heap dumped there, and a pod that puts more into a volume than it may is ended.
        assertThat(temporary(objects)).isGreaterThan(heap);
    }

    /** {@return how many bytes Heddle may put into /tmp} */
    private static long temporary(Collection<?> objects) {
        V1Volume temporary = pods(objects).stream()
                .flatMap(
                        pod -> Objects.requireNonNullElse(
                                Objects.requireNonNull(pod.getSpec()).getVolumes(), List.<V1Volume>of())
                                .stream())
                .filter(volume -> volume.getName().equals("temporary"))
                .findAny()
                .orElseThrow();
        return bytes(Objects.requireNonNull(temporary.getEmptyDir()).getSizeLimit());
    }

    private static long bytes(@Nullable Quantity quantity) {
        return Objects.requireNonNull(quantity).getNumber().longValueExact();
    }

    /** {@return the variables of Heddle's pods, as the ConfigMap has them} */
    private static Map<String, String> settings(Collection<?> objects) {
        return all(objects, V1ConfigMap.class).stream()
                .map(map -> Objects.requireNonNullElse(map.getData(), Map.<String, String>of()))
                .filter(data -> data.containsKey("HEDDLE_LISTEN_IMAP"))
                .findAny()
                .orElseThrow();
    }

    /** What {@code kubectl apply} sends it notes in an annotation, and annotations have no more than 256 KiB. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void canBeApplied(String overlay) throws Exception {
        for (String text : rendered(overlay)) {
            Map<String, Object> object = new org.yaml.snakeyaml.Yaml().load(text);
            assertThat(new ObjectMapper().writeValueAsBytes(object))
                    .as("%s %s", object.get("kind"), object.get("metadata"))
                    .hasSizeLessThan(250_000);
        }
    }

    /** A changed setting is a new name, which makes it a rollout. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void rollsOutWhatIsSet(String overlay) throws Exception {
        List<Object> objects = objects(rendered(overlay));
        var settings = Objects.requireNonNull(heddle(objects).getEnvFrom()).getFirst();
        String name = Objects.requireNonNull(settings.getConfigMapRef()).getName();
        assertThat(name).matches("heddle-[a-z0-9]{10}");
        assertThat(all(objects, V1ConfigMap.class))
                .extracting(map -> Objects.requireNonNull(map.getMetadata()).getName())
                .contains(name);
    }

    /** After a restore to a point in time everything is about the new cluster; only the backups are the old one's. */
    @Test
    void putsTheRestoredDatabaseInPlaceOfTheOther() throws Exception {
        Path restored = Files.createDirectories(Path.of("target", "restored")); // as deep as the overlays are
        try (Stream<Path> files = Files.list(Path.of("overlays", "production"))) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                Files.writeString(
                        restored.resolve(file.getFileName()),
                        text.replace(
                                "/cloudnativepg\n", "/cloudnativepg\n  - ../../components/cloudnativepg/restored\n"));
            }
        }
        List<String> lines = rendered(restored).stream()
                .flatMap(String::lines)
                .map(String::strip)
                .filter(line -> line.contains("heddle-postgresql") && !line.contains("heddle-postgresql-restored"))
                .toList();
        assertThat(lines).containsExactly("serverName: heddle-postgresql");
    }

    /** Pods get what is there: the ConfigMaps of the overlay, and secrets that the README tells of. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "production"})
    void mountsWhatIsThere(String overlay) throws Exception {
        List<Object> objects = objects(rendered(overlay));
        List<String> configMaps = all(objects, V1ConfigMap.class).stream()
                .map(map -> Objects.requireNonNull(map.getMetadata()).getName())
                .toList();
        for (V1PodTemplateSpec pod : pods(objects)) {
            for (V1Volume volume : Objects.requireNonNullElse(
                    Objects.requireNonNull(pod.getSpec()).getVolumes(), List.<V1Volume>of())) {
                if (volume.getConfigMap() != null) {
                    assertThat(configMaps).contains(volume.getConfigMap().getName());
                }
                int sources = Stream.of(
                                volume.getConfigMap(), volume.getEmptyDir(), volume.getSecret(), volume.getProjected())
                        .filter(Objects::nonNull)
                        .toList()
                        .size();
                assertThat(sources).as(volume.getName() + " is of one kind").isEqualTo(1);
            }
        }
    }
}
