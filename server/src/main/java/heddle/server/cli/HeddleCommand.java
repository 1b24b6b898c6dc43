package heddle.server.cli;

import heddle.server.config.ConfigException;
import heddle.storage.StorageException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** The command line: {@code heddle COMMAND}. */
@Command(
        name = "heddle",
        description = "An IMAP server on PostgreSQL.",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:it could not be done; why is on standard error",
            "2:the command line or the configuration is wrong"
        })
public final class HeddleCommand {
    private HeddleCommand() {}

    /**
     * Carries out one command, with standard output and error.
     *
     * @return an {@link ExitCode}
     */
    public static int run(String... arguments) {
        Charset charset = System.out.charset();
        return run(new PrintWriter(System.out, true, charset), new PrintWriter(System.err, true, charset), arguments);
    }

    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine heddle = new CommandLine(new HeddleCommand()).addSubcommand(new ServeCommand(out));
        // A pod starts sooner without them: to read the annotations of all is a tenth of a start.
        if (arguments.length == 0 || !arguments[0].equals("serve")) {
            addOthers(heddle, out, err);
        }
        return heddle.setOut(out)
                .setErr(err)
                .setCommandName(Path.of(System.getProperty("heddle.command", "heddle"))
                        .getFileName()
                        .toString())
                .setExecutionExceptionHandler(HeddleCommand::explain)
                .execute(arguments);
    }

    private static void addOthers(CommandLine heddle, PrintWriter out, PrintWriter err) {
        heddle.addSubcommand(new CheckCommand(out))
                .addSubcommand(new CommandLine(new AccountCommand(out)).addSubcommand(new AccountAddCommand(out)))
                .addSubcommand(new MailboxCommand(out))
                .addSubcommand(new ImportCommand(out, err))
                .addSubcommand(new ExportCommand(out, err))
                .addSubcommand(new SessionsCommand(out))
                .addSubcommand(new PodsCommand(out))
                .addSubcommand(new RestoredCommand(out))
                .addSubcommand(new VersionCommand(out));
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult ignored) {
        switch (failure) {
            case ConfigException wrong -> command.getErr().println("heddle: " + wrong.getMessage());
            case FailedException failed -> command.getErr().println("heddle: " + failed.getMessage());
            case StorageException failed -> command.getErr().println("heddle: " + failed.text());
            case NoSuchFileException missing -> command.getErr().println("heddle: no such file: " + missing.getFile());
            case AccessDeniedException denied ->
                command.getErr().println("heddle: no permission for " + denied.getFile());
            case IOException failed -> command.getErr().println("heddle: " + failed.getMessage());
            default -> failure.printStackTrace(command.getErr());
        }
        return failure instanceof ConfigException ? ExitCode.USAGE : ExitCode.FAILED;
    }
}
