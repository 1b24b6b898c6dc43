package heddle.server.cli;

import heddle.server.StorageLauncher.OpenStorage;
import heddle.storage.Pod;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code heddle pods}: the servers that run on the database. */
@Command(
        name = "pods",
        description = {
            "Lists the servers that run on the database: name, version, newest schema version it knows, start,",
            "logged-in sessions, whether it is stopping; separated by tabs."
        })
final class PodsCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    private final PrintWriter out;

    PodsCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        try (OpenStorage open = options.openStorage()) {
            for (Pod pod : open.storage().pods().list()) {
                out.println(String.join(
                        "\t",
                        pod.program().name(),
                        pod.program().version(),
                        String.valueOf(pod.program().schemaVersion()),
                        pod.started().truncatedTo(ChronoUnit.SECONDS).toString(),
                        String.valueOf(pod.load().sessions()),
                        pod.load().isDraining() ? "stopping" : "serving"));
            }
        }
        return ExitCode.OK;
    }
}
