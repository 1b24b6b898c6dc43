package heddle.server.http;

import heddle.storage.Account;
import heddle.storage.AccountId;
import heddle.storage.ListedSession;
import heddle.storage.Pod;
import heddle.storage.SessionId;
import heddle.storage.Sessions;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.stream.JsonGenerator;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of all pods through one of them, in JSON: {@code GET /pods}, {@code GET /sessions} (with {@code ?user=}
 * those of one user), {@code DELETE /sessions/ID} and {@code DELETE /sessions?user=} (with {@code reason=} what the client is
 * told). Only from this machine, because nobody has to log in.
 */
public final class Administration implements HttpService {
    private static final String JSON = "application/json";

    /** What this machine is called by who knows that he talks to it. */
    private static final Pattern LOCAL =
            Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]+)?", Pattern.CASE_INSENSITIVE);

    /** What only those send who are, or speak for, somebody else. */
    private static final List<HeaderName> FOREIGN =
            List.of(HeaderNames.ORIGIN, HeaderNames.FORWARDED, HeaderNames.X_FORWARDED_FOR);

    private final Supplier<Storage> storage;

    /** @param storage throws {@link StorageException} {@code UNAVAILABLE} while there is none */
    public Administration(Supplier<Storage> storage) {
        this.storage = storage;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.get("/pods", local(this::listPods))
                .get("/sessions", local(this::listSessions))
                .delete("/sessions", local(this::endSessionsOfUser))
                .delete("/sessions/{id}", local(this::endSession));
    }

    /**
     * Refuses who comes from elsewhere, and says what stands in the way. Also a web page in a browser of this machine, which
     * names itself or the host that it made up, and whoever is passed on by a proxy of this machine, which names him.
     */
    private static Handler local(Handler handler) {
        return (request, response) -> {
            if (!isLocal(request)) {
                response.status(Status.FORBIDDEN_403).send("for this machine only\n");
                return;
            }
            try {
                handler.handle(request, response);
            } catch (IllegalArgumentException wrong) {
                response.status(Status.BAD_REQUEST_400).send(wrong.getMessage() + "\n");
            } catch (StorageException away) {
                response.status(Status.SERVICE_UNAVAILABLE_503).send(away.text() + "\n");
            }
        };
    }

    private static boolean isLocal(ServerRequest request) {
        var from = (InetSocketAddress) request.remotePeer().address();
        ServerRequestHeaders headers = request.headers();
        return from.getAddress().isLoopbackAddress()
                && LOCAL.matcher(headers.first(HeaderNames.HOST).orElse("")).matches()
                && FOREIGN.stream().noneMatch(headers::contains);
    }

    private void listPods(ServerRequest request, ServerResponse response) {
        List<Pod> pods = storage.get().pods().list();
        write(response, json -> {
            for (Pod pod : pods) {
                json.writeStartObject()
                        .write("id", Long.toHexString(pod.id()))
                        .write("name", pod.program().name())
                        .write("version", pod.program().version())
                        .write("schema", pod.program().schemaVersion())
                        .write("started", pod.started().toString())
                        .write("seen", pod.seen().toString())
                        .write("sessions", pod.load().sessions())
                        .write("draining", pod.load().isDraining())
                        .writeEnd();
            }
        });
    }

    /** Page by page: no database connection is held while the client reads, and never all sessions in memory. */
    private void listSessions(ServerRequest request, ServerResponse response) {
        Optional<String> user = parameter(request, "user");
        Optional<AccountId> account = user.flatMap(this::account);
        if (user.isPresent() && account.isEmpty()) {
            response.status(Status.NOT_FOUND_404).send("no such user\n");
            return;
        }
        @Nullable AccountId whose = account.orElse(null);
        List<ListedSession> first = storage.get().sessions().list(whose, Sessions.FIRST);
        write(response, json -> {
            List<ListedSession> page = first;
            while (!page.isEmpty()) {
                page.forEach(session -> write(json, session));
                page = storage.get().sessions().list(whose, page.getLast().id());
            }
        });
    }

    private static void write(JsonGenerator json, ListedSession session) {
        json.writeStartObject().write("id", session.id().toString());
        String user = session.user();
        if (user != null) {
            json.write("user", user);
        }
        json.write("address", session.address().getHostAddress())
                .write("listener", session.access().listener())
                .write("tls", session.access().isTls())
                .write("opened", session.opened().toString())
                .write("pod", session.pod())
                .writeEnd();
    }

    private void endSession(ServerRequest request, ServerResponse response) {
        Optional<SessionId> id = SessionId.parse(request.path().pathParameters().get("id"));
        boolean isThere = id.isPresent() && storage.get().sessions().end(id.get(), reason(request));
        answerEnded(response, isThere ? 1 : 0);
    }

    private void endSessionsOfUser(ServerRequest request, ServerResponse response) {
        Optional<AccountId> account = parameter(request, "user").flatMap(this::account);
        answerEnded(
                response, account.isPresent() ? storage.get().sessions().endAll(account.get(), reason(request)) : 0);
    }

    private static void answerEnded(ServerResponse response, int count) {
        if (count == 0) {
            response.status(Status.NOT_FOUND_404).send("no such session\n");
        } else {
            response.status(Status.ACCEPTED_202); // the pods that have them see to it within seconds
            response.header(HeaderNames.CONTENT_TYPE, JSON)
                    .send(Json.createObjectBuilder()
                            .add("sessions", count)
                            .build()
                            .toString());
        }
    }

    private static Optional<String> parameter(ServerRequest request, String name) {
        return request.query().first(name).asOptional();
    }

    private static String reason(ServerRequest request) {
        return parameter(request, "reason").orElse(Sessions.ENDED);
    }

    private Optional<AccountId> account(String user) {
        return storage.get().accounts().find(user).map(Account::id);
    }

    /** Writes the elements of an array. */
    @FunctionalInterface
    private interface Elements {
        void writeTo(JsonGenerator json);
    }

    private static void write(ServerResponse response, Elements elements) {
        response.header(HeaderNames.CONTENT_TYPE, JSON);
        try (JsonGenerator json = Json.createGenerator(response.outputStream())) {
            json.writeStartArray();
            elements.writeTo(json);
            json.writeEnd();
        }
    }
}
