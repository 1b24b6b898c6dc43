package heddle.server.cli;

import heddle.protocol.MailboxName;
import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.config.ServerConfig;
import heddle.server.spool.Spool;
import heddle.server.transfer.MailImport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heddle import}: mail from files into an account. */
@Command(
        name = "import",
        description = "Brings the messages of an mbox file or of a tree of Maildir folders into an account, with their"
                + " dates and flags. A lone LF becomes CRLF. What is imported twice is there twice.")
final class ImportCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--mailbox",
            paramLabel = "NAME",
            description = "Mailbox for the messages, the other folders of a tree being put below it."
                    + " Without it they go to INBOX, and the other folders beside it.")
    private @Nullable String mailbox;

    @Parameters(paramLabel = "ACCOUNT", description = "Account that gets the messages.")
    private String account = "";

    @Parameters(paramLabel = "PATH", description = "An mbox file, or the directory of a Maildir.")
    private Path source = Path.of("");

    private final PrintWriter out;
    private final PrintWriter err;

    ImportCommand(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        ServerConfig config = options.load();
        MailboxName name = mailbox == null ? null : MailboxCommand.name(mailbox);
        long count;
        try (OpenStorage open = options.openStorage();
                var bar = new ProgressBar(err)) {
            // A batch is stored before it grows, and of the files of a server it knows nothing.
            var unbounded = new ServerConfig.Spool(
                    config.spool().memory(), Long.MAX_VALUE, config.spool().directory());
            var spool = new Spool(unbounded, () -> {});
            count = MailImport.run(
                    open.storage(), AccountCommand.account(open.storage(), account), spool, source, name, bar);
        }
        out.println("Imported " + count + " messages.");
        return ExitCode.OK;
    }
}
