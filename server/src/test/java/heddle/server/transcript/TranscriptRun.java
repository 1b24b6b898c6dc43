package heddle.server.transcript;

import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.transcript.Transcript.Kind;
import heddle.server.transcript.Transcript.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Plays the clients of a transcript against a server. */
final class TranscriptRun implements AutoCloseable {
    private final Transcript transcript;
    private final List<TestServer> pods;
    private final Map<String, String> names = new HashMap<>();
    private final Map<Integer, TestClient> clients = new TreeMap<>();

    /** @param pods servers on one database; clients with even numbers connect to the second, if they do not say where */
    TranscriptRun(Transcript transcript, List<TestServer> pods) {
        this.transcript = transcript;
        this.pods = pods;
    }

    /** @throws AssertionError with the file, the line, what was expected and what came, at the first difference */
    void play() {
        List<Step> steps = transcript.steps();
        for (int i = 0; i < steps.size(); ) {
            Step step = steps.get(i);
            int end = i + 1;
            // What is sent one after the other leaves as one piece; what comes in any order is taken together.
            while (end < steps.size()
                    && step.kind() != Kind.GETS
                    && steps.get(end).kind() == step.kind()
                    && steps.get(end).client() == step.client()
                    && !step.isAct()
                    && !steps.get(end).isAct()) {
                end++;
            }
            List<Step> together = steps.subList(i, end);
            try {
                if (step.kind() == Kind.SENDS) {
                    send(together);
                } else {
                    receive(together);
                }
            } catch (IOException failed) {
                throw new AssertionError(where(step) + failed, failed);
            }
            i = end;
        }
        clients.forEach((number, client) -> requireQuiet(number, client));
    }

    private void requireQuiet(int number, TestClient client) {
        try {
            if (!client.socket().isClosed() && !client.isQuiet()) {
                throw new AssertionError(
                        transcript.name() + ": at the end client " + number + " still gets " + client.response());
            }
        } catch (IOException failed) {
            throw new AssertionError(transcript.name() + ": at the end " + failed, failed);
        }
    }

    private String where(Step step) {
        return transcript.name() + ":" + step.line() + ": ";
    }

    private TestClient client(int number) throws IOException {
        TestClient client = clients.get(number);
        return client == null ? connect(number, number % 2 == 0 ? 2 : 1) : client;
    }

    private TestClient connect(int number, int pod) throws IOException {
        TestClient client = pods.get(pod - 1).connect();
        clients.put(number, client);
        return client;
    }

    private void send(List<Step> steps) throws IOException {
        Step first = steps.getFirst();
        switch (first.text()) {
            case "<starttls>\r\n" -> client(first.client()).startTls();
            case "<compress>\r\n" -> client(first.client()).startCompression();
            case "<uncompress>\r\n" -> client(first.client()).endCompression();
            case "<close>\r\n" -> client(first.client()).close();
            case String _ when first.isAct() -> connect(first.client(), first.pod());
            default -> {
                var octets = new StringBuilder();
                steps.forEach(step -> octets.append(Transcript.expand(step.text(), names)));
                client(first.client()).send(octets.toString());
            }
        }
    }

    private void receive(List<Step> steps) throws IOException {
        var expected = new ArrayList<>(steps);
        while (!expected.isEmpty()) {
            Step first = expected.getFirst();
            Optional<String> got = client(first.client()).response();
            boolean isFound = expected.removeIf(new FirstMatch(got)::test);
            if (!isFound) {
                throw new AssertionError(where(first) + "\nexpected: " + text(expected) + "\n     got: "
                        + got.orElse("<closed>") + names());
            }
        }
    }

    /** Matches one of several. */
    private final class FirstMatch {
        private final Optional<String> got;
        private boolean found;

        FirstMatch(Optional<String> got) {
            this.got = got;
        }

        boolean test(Step step) {
            if (found) {
                return false;
            }
            found = got.isEmpty() ? step.text().equals("<closed>") : Transcript.matches(step.text(), got.get(), names);
            return found;
        }
    }

    private static String text(List<Step> steps) {
        return String.join("\n      or: ", steps.stream().map(Step::text).toList());
    }

    private String names() {
        return names.isEmpty() ? "" : "\n   where: " + names;
    }

    @Override
    public void close() throws IOException {
        for (TestClient client : clients.values()) {
            client.close();
        }
    }
}
