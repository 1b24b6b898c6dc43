package heddle.server.cli;

import heddle.server.Version;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** {@code heddle version}. */
@Command(name = "version", description = "Says which version this is.")
final class VersionCommand implements Runnable {
    private final PrintWriter out;

    VersionCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void run() {
        out.println(Version.text());
    }
}
