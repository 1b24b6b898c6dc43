package heddle.server.cli;

import heddle.server.StorageLauncher.OpenStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code heddle restored}: the database is an older copy of itself. What was done since the copy was made is lost, but clients
 * remember it; all numbers they may know are skipped.
 */
@Command(
        name = "restored",
        description = {
            "Says that the database was restored to an earlier state, before servers use it again.",
            "No UID is then given twice, and every client finds out what it has lost."
        })
final class RestoredCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    private final PrintWriter out;

    RestoredCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        try (OpenStorage open = options.openStorage()) {
            open.storage().epochs().restored();
            out.println("The database is in epoch " + open.storage().epochs().current() + ".");
        }
        return ExitCode.OK;
    }
}
