package heddle.server.checker;

import heddle.server.TestClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A connection of a client, which remembers what was said last. */
final class Conversation implements AutoCloseable {
    private static final int KEPT = 300;
    private static final int LINE = 400;

    private final String name;
    private final TestClient client;
    private final Duration patience;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private int count;
    private @Nullable String goodbye;

    /**
     * @param name whose connection this is
     * @param patience how long an answer may take
     */
    Conversation(String name, int port, Duration patience) throws IOException {
        this.name = name;
        this.patience = patience;
        client = new TestClient(port);
        client.socket().setSoTimeout((int) patience.toMillis());
    }

    /** Sends a command; {@return its tag} */
    String begin(String command) throws IOException {
        String tag = "c" + ++count;
        send(tag + " " + command);
        return tag;
    }

    void send(String line) throws IOException {
        remember("C: ", line);
        client.send(line + "\r\n");
    }

    /** Both sides compress from here on. */
    void startCompression() throws IOException {
        client.startCompression();
    }

    /** {@return the next response; an {@link EOFException} says that the server has closed} */
    String response() throws IOException {
        try {
            Optional<String> response = client.response();
            remember("S: ", response.orElse("<closed>"));
            if (response.isPresent() && response.get().startsWith("* BYE ")) {
                goodbye = response.get();
            }
            return response.orElseThrow(() -> new EOFException(goodbye == null ? "closed" : "closed after " + goodbye));
        } catch (SocketTimeoutException silent) {
            throw new Contradiction(name + " got no answer within " + patience, this);
        }
    }

    /** Whether the server has said BYE. */
    boolean isOver() {
        return goodbye != null;
    }

    /** Reads what is left of a connection that is lost; {@return whether the server has said BYE before} */
    boolean endsWithGoodbye() {
        try {
            while (goodbye == null) {
                response();
            }
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    /** Whether there is something to read. */
    boolean hasMore() throws IOException {
        return !client.isQuiet();
    }

    private synchronized void remember(String side, String text) {
        String line = text.length() > LINE ? text.substring(0, LINE) + "…" : text;
        lines.add(LocalTime.now(ZoneOffset.UTC) + " " + side + line);
        if (lines.size() > KEPT) {
            lines.removeFirst();
        }
    }

    String name() {
        return name;
    }

    synchronized String transcript() {
        return "--- " + name + "\n" + String.join("\n", lines) + "\n";
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
