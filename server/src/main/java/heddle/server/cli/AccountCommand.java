package heddle.server.cli;

import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.authentication.Authenticator;
import heddle.server.config.Settings;
import heddle.storage.Account;
import heddle.storage.Account.Quota;
import heddle.storage.Mailbox;
import heddle.storage.Storage;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heddle account}: everything about accounts but {@link AccountAddCommand adding} them. */
@Command(name = "account", description = "Adds accounts and looks after them.", synopsisSubcommandLabel = "COMMAND")
final class AccountCommand {
    private static final String NAME = "NAME";

    private final PrintWriter out;

    AccountCommand(PrintWriter out) {
        this.out = out;
    }

    /** {@return the account of this name; there has to be one} */
    static Account account(Storage storage, String name) {
        return storage.accounts()
                .find(name)
                .orElseThrow(() -> new FailedException("there is no account named " + name));
    }

    @Command(name = "list", description = "Lists the accounts by name, one in a line; disabled ones are marked.")
    int list(@Mixin ConfigOptions options) throws IOException {
        try (OpenStorage open = options.openStorage()) {
            for (Account account : open.storage().accounts().list()) {
                out.println(account.isDisabled() ? account.name() + "\tdisabled" : account.name());
            }
        }
        return ExitCode.OK;
    }

    @Command(name = "show", description = "Shows what is known of an account.")
    int show(@Mixin ConfigOptions options, @Parameters(paramLabel = NAME) String name) throws IOException {
        try (OpenStorage open = options.openStorage()) {
            Account account = account(open.storage(), name);
            List<Mailbox> mailboxes = open.storage().mailboxes().list(account.id());
            OptionalLong quota = account.quota().bytes();
            out.println("name:      " + account.name());
            out.println("state:     " + (account.isDisabled() ? "disabled" : "enabled"));
            out.println("created:   " + account.created());
            out.println("quota:     " + (quota.isPresent() ? quota.getAsLong() + " bytes" : "none"));
            out.println("used:      " + sum(mailboxes, Mailbox.Counters::bytes) + " bytes");
            out.println("messages:  " + sum(mailboxes, Mailbox.Counters::messages));
            out.println("mailboxes: " + mailboxes.size());
        }
        return ExitCode.OK;
    }

    private static long sum(List<Mailbox> mailboxes, java.util.function.ToLongFunction<Mailbox.Counters> counter) {
        return mailboxes.stream().map(Mailbox::counters).mapToLong(counter).sum();
    }

    @Command(name = "password", description = "Changes the password of an account; it counts at once.")
    int password(
            @Mixin ConfigOptions options, @Mixin PasswordOptions password, @Parameters(paramLabel = NAME) String name)
            throws IOException {
        try (OpenStorage open = options.openStorage()) {
            Account account = account(open.storage(), name);
            try {
                open.storage().accounts().setKeys(account.id(), Authenticator.newKeys(password.read()));
            } catch (IllegalArgumentException forbidden) {
                throw new FailedException("the password cannot be used: " + forbidden.getMessage());
            }
        }
        return ExitCode.OK;
    }

    @Command(name = "disable", description = "Shuts an account out: nobody can log in, mail still arrives.")
    int disable(@Mixin ConfigOptions options, @Parameters(paramLabel = NAME) String name) throws IOException {
        return setDisabled(options, name, true);
    }

    @Command(name = "enable", description = "Lets a disabled account log in again.")
    int enable(@Mixin ConfigOptions options, @Parameters(paramLabel = NAME) String name) throws IOException {
        return setDisabled(options, name, false);
    }

    private static int setDisabled(ConfigOptions options, String name, boolean disabled) throws IOException {
        try (OpenStorage open = options.openStorage()) {
            open.storage().accounts().setDisabled(account(open.storage(), name).id(), disabled);
        }
        return ExitCode.OK;
    }

    @Command(name = "quota", description = "Says how much an account may keep from now on.")
    int quota(
            @Mixin ConfigOptions options,
            @Parameters(paramLabel = NAME) String name,
            @Parameters(paramLabel = "SIZE", description = "Such as 500MiB or 2GiB, or off.") String size)
            throws IOException {
        Quota quota = Settings.QUOTA
                .parse(size, "command line")
                .map(bytes -> new Quota(OptionalLong.of(bytes)))
                .orElse(Quota.NONE);
        try (OpenStorage open = options.openStorage()) {
            open.storage().accounts().setQuota(account(open.storage(), name).id(), quota);
        }
        return ExitCode.OK;
    }

    @Command(name = "delete", description = "Deletes an account with all its mail, for good.")
    int delete(
            @Mixin ConfigOptions options,
            @Option(names = "--yes", description = "Does not ask whether you are sure.") boolean isSure,
            @Parameters(paramLabel = NAME) String name)
            throws IOException {
        try (OpenStorage open = options.openStorage()) {
            Account account = account(open.storage(), name);
            if (!isSure) {
                confirm(name);
            }
            open.storage().accounts().delete(account.id());
        }
        return ExitCode.OK;
    }

    private static void confirm(String name) {
        Console terminal = Terminal.find()
                .orElseThrow(
                        () -> new FailedException("this deletes all mail of " + name + "; say --yes if you mean it"));
        if (!name.equals(terminal.readLine("This deletes all mail of %s. Type the name again: ", name))) {
            throw new FailedException("nothing was deleted");
        }
    }
}
