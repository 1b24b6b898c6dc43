package heddle.server.cli;

import heddle.server.Server;
import heddle.server.Version;
import heddle.server.config.ListenAddress;
import heddle.server.config.ServerConfig;
import heddle.server.logging.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code heddle serve}: runs the server in the foreground until it is told to stop. */
@Command(name = "serve", description = "Runs the server in the foreground; SIGTERM or Ctrl-C stops it.")
final class ServeCommand implements Callable<Integer> {
    private static final String WHERE = "ADDRESS:PORT or off";

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Option(names = "--imap", paramLabel = WHERE, description = "Where to listen for IMAP.")
    private @Nullable String imap;

    @Option(names = "--imaps", paramLabel = WHERE, description = "Where to listen for IMAP over TLS.")
    private @Nullable String imaps;

    @Option(names = "--lmtp", paramLabel = WHERE, description = "Where to listen for LMTP.")
    private @Nullable String lmtp;

    @Option(names = "--http", paramLabel = WHERE, description = "Where to listen for HTTP.")
    private @Nullable String http;

    private final PrintWriter out;

    ServeCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var flags = new HashMap<String, String>();
        ConfigOptions.put(flags, "listen.imap", imap);
        ConfigOptions.put(flags, "listen.imaps", imaps);
        ConfigOptions.put(flags, "listen.lmtp", lmtp);
        ConfigOptions.put(flags, "listen.http", http);
        ServerConfig config = options.load(flags);
        Logging.configure(config.log().level(), config.log().format());
        var server = new Server(config);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "stop"));
        try {
            server.start();
        } catch (CancellationException stopped) {
            return ExitCode.OK;
        }
        announce(server);
        server.awaitFailure(); // or until the shutdown hook ends the process
        return ExitCode.FAILED;
    }

    /**
     * Stops the server, which may still be starting. One that was told to stop, and did, has not failed: the process ends
     * with 0 and not with the signal's code.
     */
    private static void stop(Server server) {
        server.close();
        if (!server.hasFailed()) {
            Runtime.getRuntime().halt(ExitCode.OK);
        }
        // and the process ends with the code for that
    }

    private void announce(Server server) {
        out.println("Heddle " + Version.number() + " is running.");
        server.addresses().forEach((what, where) -> out.printf("  %-6s %s%n", what, where));
        ListenAddress imap = server.addresses().get("imap");
        ListenAddress imaps = server.addresses().get("imaps");
        String command = System.getProperty("heddle.command", "heddle");
        out.println("Add an account:  " + command + " account add" + options.asArguments() + " alice");
        if (imap != null) {
            out.println("Connect:         curl -u alice imap://" + reachable(imap) + "/");
        } else if (imaps != null) {
            out.println("Connect:         curl -k -u alice imaps://" + reachable(imaps) + "/");
        }
    }

    private static ListenAddress reachable(ListenAddress address) {
        return address.host().equals("*") ? new ListenAddress("localhost", address.port()) : address;
    }
}
