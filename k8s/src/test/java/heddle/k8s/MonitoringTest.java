package heddle.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Dashboards and alerts say everything that a person needs, about metrics that there are. */
class MonitoringTest {
    private static final Path MONITORING = Path.of("components", "monitoring");
    private static final Path DASHBOARDS = MONITORING.resolve("dashboards");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\| \\w+ \\|.*\\| ([^|]*)\\|$");
    private static final Pattern METRIC = Pattern.compile("\\b(?:heddle|hikaricp|jvm|process|system)_[a-z0-9_]+");
    private static final Pattern PART = Pattern.compile("_(?:bucket|count|sum|max)$");

    /** {@return metric → names of the alerts that look at it, as the page of metrics tells} */
    private static Map<String, Set<String>> metrics() throws IOException {
        var metrics = new HashMap<String, Set<String>>();
        Matcher row = ROW.matcher(Files.readString(Path.of("..", "server", "METRICS.md")));
        while (row.find()) {
            String alerts = row.group(2).strip();
            metrics.put(row.group(1), alerts.isEmpty() ? Set.of() : Set.of(alerts.split(", ")));
        }
        return metrics;
    }

    /** {@return the metrics that a query names, each as the page of metrics has it} All are of Heddle's pods alone. */
    private static Set<String> metricsIn(String query, Set<String> known) {
        assertThat(METRIC.matcher(query).results())
                .as(query)
                .allMatch(metric -> query.startsWith("{job=\"heddle\"", metric.end()));
        return METRIC.matcher(query)
                .results()
                .map(MatchResult::group)
                .map(name -> known.contains(name) ? name : PART.matcher(name).replaceFirst(""))
                .collect(Collectors.toSet());
    }

    static List<Path> dashboards() throws IOException {
        try (Stream<Path> files = Files.list(DASHBOARDS)) {
            return files.sorted().toList();
        }
    }

    private static JsonObject read(Path dashboard) throws IOException {
        return JsonParser.parseString(Files.readString(dashboard)).getAsJsonObject();
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    /** {@return the panels that show something: not the headings} */
    private static List<JsonObject> panels(JsonObject dashboard) {
        return objects(dashboard.getAsJsonArray("panels"))
                .filter(panel -> !text(panel, "type").equals("row"))
                .toList();
    }

    private static String text(JsonObject object, String name) {
        return object.has(name) ? object.get(name).getAsString() : "";
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyPanelSaysWhatItShows(Path file) throws IOException {
        Set<String> known = metrics().keySet();
        JsonObject dashboard = read(file);
        assertThat(text(dashboard, "uid") + ".json").isEqualTo(String.valueOf(file.getFileName()));
        assertThat(text(dashboard, "description")).isNotBlank();
        for (JsonObject panel : panels(dashboard)) {
            String name = text(dashboard, "title") + " / " + text(panel, "title");
            assertThat(text(panel, "title")).as(name).isNotBlank();
            assertThat(text(panel, "description")).as(name).endsWith(".");
            JsonObject defaults = panel.getAsJsonObject("fieldConfig").getAsJsonObject("defaults");
            assertThat(text(defaults, "unit")).as(name).isNotBlank();
            List<JsonObject> targets = objects(panel.getAsJsonArray("targets")).toList();
            assertThat(targets).as(name).isNotEmpty();
            for (JsonObject target : targets) {
                assertThat(text(target, "legendFormat")).as(name).isNotBlank();
                assertThat(known).as(name).containsAll(metricsIn(text(target, "expr"), known));
            }
        }
    }

    /** No panel lies upon another, and all fit into the 24 columns. */
    @ParameterizedTest
    @MethodSource("dashboards")
    void panelsLieBesideEachOther(Path file) throws IOException {
        var taken = new HashSet<String>();
        var ids = new HashSet<Integer>();
        for (JsonElement element : read(file).getAsJsonArray("panels")) {
            JsonObject panel = element.getAsJsonObject();
            JsonObject at = panel.getAsJsonObject("gridPos");
            int x = at.get("x").getAsInt();
            int y = at.get("y").getAsInt();
            assertThat(ids.add(panel.get("id").getAsInt())).isTrue();
            assertThat(x + at.get("w").getAsInt()).isLessThanOrEqualTo(24);
            for (int column = x; column < x + at.get("w").getAsInt(); column++) {
                for (int line = y; line < y + at.get("h").getAsInt(); line++) {
                    assertThat(taken.add(column + "," + line))
                            .as(text(panel, "title"))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void everyDashboardIsInTheConfigMap() throws IOException {
        String kustomization = Files.readString(MONITORING.resolve("kustomization.yaml"));
        assertThat(dashboards()).isNotEmpty().allSatisfy(file -> assertThat(kustomization)
                .contains("- dashboards/" + file.getFileName() + "\n"));
    }

    /** {@return the alerts of the objects for Prometheus' operator} */
    private static List<JsonObject> alerts() throws IOException {
        var alerts = new ArrayList<JsonObject>();
        for (Path component : List.of(MONITORING, Path.of("components", "haproxy", "monitoring"))) {
            String object = Files.readString(component.resolve("prometheusrule.yaml"));
            JsonObject spec = new Gson()
                    .toJsonTree(new org.yaml.snakeyaml.Yaml().<Object>load(object))
                    .getAsJsonObject()
                    .getAsJsonObject("spec");
            objects(spec.getAsJsonArray("groups"))
                    .flatMap(group -> objects(group.getAsJsonArray("rules")))
                    .forEach(alerts::add);
        }
        return alerts;
    }

    @Test
    void everyAlertSaysWhatToDo() throws IOException {
        for (JsonObject alert : alerts()) {
            String name = text(alert, "alert");
            assertThat(text(alert.getAsJsonObject("labels"), "severity"))
                    .as(name)
                    .isIn("page", "ticket");
            JsonObject annotations = alert.getAsJsonObject("annotations");
            assertThat(text(annotations, "summary")).as(name).endsWith(".");
            assertThat(text(annotations, "runbook")).as(name).endsWith(".");
        }
    }

    /** Pods are added by a metric that there is. */
    @Test
    void scalesByAMetric() throws IOException {
        String component = Files.readString(Path.of("components", "sessions", "kustomization.yaml"));
        assertThat(metrics()).containsKey("heddle_sessions");
        assertThat(component).contains("name: heddle_sessions\n", "seriesQuery: heddle_sessions{");
    }

    /** The page of metrics names exactly the alerts that look at each. */
    @Test
    void metricsAndAlertsNameEachOther() throws IOException {
        Map<String, Set<String>> told = metrics();
        Set<String> known = Set.copyOf(told.keySet());
        var found = new HashMap<String, Set<String>>();
        for (JsonObject alert : alerts()) {
            String name = text(alert, "alert");
            for (String metric : metricsIn(text(alert, "expr"), known)) {
                assertThat(known).as(name).contains(metric);
                found.computeIfAbsent(metric, _ -> new TreeSet<>()).add(name);
            }
        }
        told.values().removeIf(Set::isEmpty);
        assertThat(found).isEqualTo(told);
    }

    /** Every alert is tested by promtool. */
    @Test
    void everyAlertHasATest() throws IOException {
        String tests = Files.readString(Path.of("..", ".ci", "watch", "rules-test.yaml"));
        assertThat(alerts())
                .allSatisfy(alert -> assertThat(tests).contains("alertname=\"" + text(alert, "alert") + "\""));
    }
}
