package heddle.server.cli;

import heddle.server.config.ServerConfig;
import heddle.server.connection.TlsContext;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code heddle check}: looks at the configuration as the server would, and starts nothing. */
@Command(name = "check", description = "Checks the configuration without starting anything.")
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    private final PrintWriter out;

    CheckCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        ServerConfig config = options.load();
        if (config.tls().certificate() != null) {
            TlsContext.open(config.tls(), config.dataDirectory());
        }
        out.println("The configuration is right.");
        return ExitCode.OK;
    }
}
