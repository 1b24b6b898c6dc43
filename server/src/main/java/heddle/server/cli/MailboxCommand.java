package heddle.server.cli;

import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.server.StorageLauncher.OpenStorage;
import heddle.storage.AccountId;
import heddle.storage.Mailbox;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heddle mailbox}: the mailboxes of an account. Names are written as people read them, levels separated by a slash. */
@Command(
        name = "mailbox",
        description = "Lists, creates and deletes the mailboxes of an account.",
        synopsisSubcommandLabel = "COMMAND")
final class MailboxCommand {
    private static final String ACCOUNT = "ACCOUNT";
    private static final String MAILBOX = "MAILBOX";

    private final PrintWriter out;

    MailboxCommand(PrintWriter out) {
        this.out = out;
    }

    /** {@return the mailbox name that somebody has typed} */
    static MailboxName name(String text) {
        try {
            return new MailboxName(text);
        } catch (IllegalArgumentException refused) {
            throw new FailedException(refused.getMessage() + ": '" + text.replaceAll("\\p{Cntrl}", "?") + "'");
        }
    }

    @Command(name = "list", description = "Lists them: messages, unseen messages, bytes, name; separated by tabs.")
    int list(@Mixin ConfigOptions options, @Parameters(paramLabel = ACCOUNT) String account) throws IOException {
        try (OpenStorage open = options.openStorage()) {
            AccountId id = AccountCommand.account(open.storage(), account).id();
            for (Mailbox mailbox : open.storage().mailboxes().list(id)) {
                Mailbox.Counters counters = mailbox.counters();
                out.println(counters.messages() + "\t" + counters.unseen() + "\t" + counters.bytes() + "\t"
                        + mailbox.name());
            }
        }
        return ExitCode.OK;
    }

    @Command(name = "create", description = "Creates a mailbox, and the ones above it that are missing.")
    int create(
            @Mixin ConfigOptions options,
            @Option(names = "--use", paramLabel = "USE", description = "What it is for: ${COMPLETION-CANDIDATES}.")
                    @Nullable
                    SpecialUse use,
            @Parameters(paramLabel = ACCOUNT) String account,
            @Parameters(paramLabel = MAILBOX) String mailbox)
            throws IOException {
        MailboxName name = name(mailbox);
        Set<SpecialUse> uses = use == null ? EnumSet.noneOf(SpecialUse.class) : EnumSet.of(use);
        try (OpenStorage open = options.openStorage()) {
            AccountId id = AccountCommand.account(open.storage(), account).id();
            open.storage().mailboxes().create(id, name, uses);
            open.storage().mailboxes().subscribe(id, name);
        }
        return ExitCode.OK;
    }

    @Command(name = "delete", description = "Deletes a mailbox with its messages; mailboxes below it stay.")
    int delete(
            @Mixin ConfigOptions options,
            @Parameters(paramLabel = ACCOUNT) String account,
            @Parameters(paramLabel = MAILBOX) String mailbox)
            throws IOException {
        MailboxName name = name(mailbox);
        try (OpenStorage open = options.openStorage()) {
            AccountId id = AccountCommand.account(open.storage(), account).id();
            open.storage().mailboxes().delete(id, name);
            open.storage().mailboxes().unsubscribe(id, name);
        }
        return ExitCode.OK;
    }
}
