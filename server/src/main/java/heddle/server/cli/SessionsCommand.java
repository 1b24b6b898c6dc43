package heddle.server.cli;

import heddle.server.StorageLauncher.OpenStorage;
import heddle.storage.AccountId;
import heddle.storage.ListedSession;
import heddle.storage.SessionId;
import heddle.storage.Sessions;
import heddle.storage.Storage;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heddle sessions}: who is connected, to whichever server, and the end of that. */
@Command(
        name = "sessions",
        description = {
            "Lists the sessions on all servers: id, user (- before log-in), address, listener, opened, server;",
            "separated by tabs. A session shows up about a second after it was opened."
        })
final class SessionsCommand implements Callable<Integer> {
    private static final String USER = "NAME";

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Option(names = "--user", paramLabel = USER, description = "Only those of this account.")
    private @Nullable String user;

    private final PrintWriter out;

    SessionsCommand(PrintWriter out) {
        this.out = out;
    }

    /** Whose session ends: one by its id, or all of a user. */
    static final class Ended {
        @Parameters(paramLabel = "ID", description = "As the list of sessions shows it.")
        private @Nullable String id;

        @Option(names = "--user", paramLabel = USER, description = "All sessions of this account.")
        private @Nullable String user;
    }

    @Override
    public Integer call() throws IOException {
        try (OpenStorage open = options.openStorage()) {
            Sessions sessions = open.storage().sessions();
            AccountId account = user == null
                    ? null
                    : AccountCommand.account(open.storage(), user).id();
            List<ListedSession> page = sessions.list(account, Sessions.FIRST);
            while (!page.isEmpty()) {
                page.forEach(this::print);
                page = sessions.list(account, page.getLast().id());
            }
        }
        return ExitCode.OK;
    }

    private void print(ListedSession session) {
        String listener = session.access().listener();
        out.println(String.join(
                "\t",
                session.id().toString(),
                Objects.requireNonNullElse(session.user(), "-"),
                session.address().getHostAddress(),
                session.access().isTls() ? listener + "+tls" : listener,
                session.opened().truncatedTo(ChronoUnit.SECONDS).toString(),
                session.pod()));
    }

    @Command(name = "end", description = "Ends sessions, each as soon as it has no command to answer.")
    int end(
            @Mixin ConfigOptions endOptions,
            @ArgGroup(multiplicity = "1") Ended ended,
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            defaultValue = Sessions.ENDED,
                            description = "What the client is told: ${DEFAULT-VALUE}.")
                    String reason)
            throws IOException {
        try (OpenStorage open = endOptions.openStorage()) {
            int count = end(open.storage(), ended, reason);
            out.println(count == 1 ? "1 session ends." : count + " sessions end.");
        } catch (IllegalArgumentException wrong) {
            throw new FailedException(String.valueOf(wrong.getMessage()));
        }
        return ExitCode.OK;
    }

    private static int end(Storage storage, Ended ended, String reason) {
        if (ended.user != null) {
            int count = storage.sessions()
                    .endAll(AccountCommand.account(storage, ended.user).id(), reason);
            if (count == 0) {
                throw new FailedException(ended.user + " has no session");
            }
            return count;
        }
        String named = String.valueOf(ended.id);
        SessionId id =
                SessionId.parse(named).orElseThrow(() -> new FailedException("'" + named + "' is no id of a session"));
        if (!storage.sessions().end(id, reason)) {
            throw new FailedException("there is no session " + id);
        }
        return 1;
    }
}
