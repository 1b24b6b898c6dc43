package heddle.server.cli;

import heddle.protocol.sasl.ScramSha256Keys;
import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.authentication.Authenticator;
import heddle.server.config.ServerConfig;
import heddle.storage.Account.Quota;
import heddle.storage.NewAccount;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heddle account add}: makes one account, or many. */
@Command(
        name = "add",
        description = "Adds an account, with INBOX, Drafts, Sent, Archive, Junk and Trash. Names are compared exactly,"
                + " letter case included.")
final class AccountAddCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Mixin
    private final PasswordOptions password = new PasswordOptions();

    @ArgGroup(multiplicity = "1")
    private @Nullable Who who;

    private final PrintWriter out;

    AccountAddCommand(PrintWriter out) {
        this.out = out;
    }

    /** One name, or a file of many. */
    private static final class Who {
        @Parameters(paramLabel = "NAME", description = "Name to log in with, such as ann or ann@example.org.")
        private @Nullable String name;

        @Option(
                names = "--from",
                paramLabel = "FILE",
                description = "Adds an account for each line NAME:PASSWORD of this file, all of them or none;"
                        + " - is standard input.")
        private @Nullable Path file;
    }

    private record Credentials(String name, String password) {}

    @Override
    public Integer call() throws IOException {
        ServerConfig config = options.load();
        List<Credentials> all = credentials();
        Long quotaBytes = config.mail().quota();
        var quota = quotaBytes == null ? Quota.NONE : new Quota(OptionalLong.of(quotaBytes));
        List<NewAccount> accounts = all.parallelStream()
                .map(one -> new NewAccount(one.name, keys(one), quota))
                .toList();
        try (OpenStorage open = options.openStorage()) {
            open.storage().accounts().create(accounts);
        }
        out.println(
                accounts.size() == 1
                        ? "Added " + accounts.getFirst().name() + "."
                        : "Added " + accounts.size() + " accounts.");
        return ExitCode.OK;
    }

    private List<Credentials> credentials() throws IOException {
        if (who != null && who.name != null) {
            return List.of(new Credentials(AccountName.check(who.name), password.read()));
        }
        Path file = who == null ? null : who.file;
        if (file == null) {
            throw new IllegalStateException("picocli wants a name or a file");
        }
        try (BufferedReader lines = file.toString().equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(file)) {
            return read(lines);
        }
    }

    private static List<Credentials> read(BufferedReader lines) throws IOException {
        var all = new ArrayList<Credentials>();
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            int colon = line.indexOf(':');
            if (line.isBlank()) {
                continue;
            }
            if (colon < 0 || colon == line.length() - 1) {
                throw new FailedException("line " + number + " is not NAME:PASSWORD");
            }
            all.add(new Credentials(AccountName.check(line.substring(0, colon)), line.substring(colon + 1)));
        }
        if (all.isEmpty()) {
            throw new FailedException("there is no account in this file");
        }
        return all;
    }

    /** Takes long, on purpose. */
    private static ScramSha256Keys keys(Credentials one) {
        try {
            return Authenticator.newKeys(one.password);
        } catch (IllegalArgumentException forbidden) {
            throw new FailedException("the password of " + one.name + " cannot be used: " + forbidden.getMessage());
        }
    }
}
