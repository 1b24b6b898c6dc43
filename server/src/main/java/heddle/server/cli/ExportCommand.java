package heddle.server.cli;

import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.transfer.MailExport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heddle export}: mail of an account into files. */
@Command(
        name = "export",
        description = "Writes all mail of an account into a tree of Maildir folders, with its dates and flags."
                + " CRLF becomes LF.")
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(paramLabel = "ACCOUNT", description = "Account whose mail is written.")
    private String account = "";

    @Parameters(paramLabel = "DIR", description = "Directory that is empty or does not exist.")
    private Path tree = Path.of("");

    private final PrintWriter out;
    private final PrintWriter err;

    ExportCommand(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        long count;
        try (OpenStorage open = options.openStorage();
                var bar = new ProgressBar(err)) {
            count = MailExport.run(open.storage(), AccountCommand.account(open.storage(), account), tree, bar);
        }
        out.println("Exported " + count + " messages.");
        return ExitCode.OK;
    }
}
