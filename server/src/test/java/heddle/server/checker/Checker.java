package heddle.server.checker;

import heddle.server.checker.ProcessPods.Misfortune;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lets clients do random things on several servers for a given time, and stops at the first thing that cannot be true.
 * Arguments: the start script, an empty directory, and of these, as {@code name=value}: {@code seconds} (60),
 * {@code clients} (12), {@code pods} (3), {@code seed} (a new one), {@code balancer} (none; the configuration of an
 * HAProxy through which clients come), {@code disturbed} ({@code no}; {@code yes}: by every {@link Misfortune} that nobody
 * plans, as chance has it; or names of them with commas, all of which happen in this order, again and again while there is
 * time), {@code pause} (how many seconds, 5) and {@code before} (the start script of an older build, which every other server
 * is then of).
 */
public final class Checker {
    private Checker() {}

    /**
     * Checks.
     *
     * @throws Exception when it cannot go on
     */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 2; i < arguments.length; i++) {
            String[] option = arguments[i].split("=", 2);
            options.put(option[0], option[1]);
        }
        long seed = Long.parseLong(options.getOrDefault("seed", String.valueOf(System.nanoTime())));
        String balancer = options.get("balancer");
        System.out.println("seed " + seed);
        try (var pods = new ProcessPods(
                programs(arguments[0], options.get("before")),
                Path.of(arguments[1]),
                number(options, "pods", 3),
                Duration.ofSeconds(number(options, "pause", 5)),
                balancer == null ? null : Path.of(balancer))) {
            for (int pod = 0; pod < pods.count(); pod++) {
                System.out.println("server " + (pod + 1) + ": imap " + pods.port(pod));
            }
            var run = new CheckRun(
                    pods,
                    number(options, "clients", 12),
                    seed,
                    disturbance(options.getOrDefault("disturbed", "no"), pods));
            System.out.println(run.run(Duration.ofSeconds(number(options, "seconds", 60))) + ", no contradiction");
        } catch (Contradiction found) {
            System.out.println(found.report());
            System.exit(1);
        }
    }

    private static List<Path> programs(String program, @Nullable String before) {
        return Stream.of(before, program)
                .filter(Objects::nonNull)
                .map(script -> Path.of(script).toAbsolutePath())
                .toList();
    }

    private static CheckRun.@Nullable Disturbance disturbance(String disturbed, ProcessPods pods) {
        return switch (disturbed) {
            case "no" -> null;
            case "yes" -> {
                List<Misfortune> any = Stream.of(Misfortune.values())
                        .filter(each -> !each.isPlanned())
                        .toList();
                yield random -> pods.disturb(any.get(random.nextInt(any.size())), random);
            }
            default ->
                new InOrder(
                        pods,
                        Stream.of(disturbed.toUpperCase(Locale.ROOT).split(","))
                                .map(Misfortune::valueOf)
                                .toList());
        };
    }

    /** One misfortune after the other. */
    private static final class InOrder implements CheckRun.Disturbance {
        private final ProcessPods pods;
        private final List<Misfortune> order;
        private int count;

        InOrder(ProcessPods pods, List<Misfortune> order) {
            this.pods = pods;
            this.order = order;
        }

        private Misfortune next() {
            return order.get(count % order.size());
        }

        @Override
        public CheckRun.Tolerated tolerated() {
            return next().isPlanned() ? CheckRun.Tolerated.GOODBYES : CheckRun.Tolerated.LOSSES;
        }

        @Override
        public void disturb(Random random) throws Exception {
            pods.disturb(next(), random);
            count++;
        }

        @Override
        public boolean isIncomplete() {
            return count < order.size();
        }
    }

    private static int number(Map<String, String> options, String name, int fallback) {
        return Integer.parseInt(options.getOrDefault(name, String.valueOf(fallback)));
    }
}
