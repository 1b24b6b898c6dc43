package heddle.server;

import heddle.server.cli.HeddleCommand;
import heddle.server.logging.Logging;

/** Starts the command line. */
public final class Main {
    private Main() {}

    /** Carries out one command and exits with its {@link heddle.server.cli.ExitCode}. */
    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", Logging.Manager.class.getName());
        System.exit(HeddleCommand.run(arguments));
    }
}
