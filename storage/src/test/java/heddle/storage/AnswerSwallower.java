package heddle.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A network that breaks at the worst moment: between storage and PostgreSQL, it takes the answer to a commit for itself
 * and closes the connection.
 */
final class AnswerSwallower implements AutoCloseable {
    /** ReadyForQuery, outside of a transaction. */
    private static final String IDLE = "Z\0\0\0\5I";

    private final URI server;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final AtomicReference<String> wanted = new AtomicReference<>("");

    AnswerSwallower(String url) throws IOException {
        server = URI.create(url.substring("jdbc:".length()));
        Thread.startVirtualThread(this::accept);
    }

    /** {@return the same database, reached through this} */
    StorageConfig through(StorageConfig config) {
        return new StorageConfig(
                config.url().replace(server.getAuthority(), "127.0.0.1:" + listener.getLocalPort()),
                config.user(),
                config.password(),
                config.poolSize(),
                config.waits(),
                config.retention(),
                config.snapshotBytes(),
                config.messageBytes(),
                config.cpuThreads());
    }

    /** From now on, the first answer that ends a transaction and has this in it is not passed on. */
    void swallow(String marker) {
        wanted.set(marker);
    }

    void assertSwallowed() {
        assertThat(wanted.get()).as("what still waits to be swallowed").isEmpty();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                var database = new Socket(server.getHost(), server.getPort());
                Thread.startVirtualThread(() -> pass(client, database, false));
                Thread.startVirtualThread(() -> pass(database, client, true));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void pass(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var answer = new StringBuilder();
            var buffer = new byte[16 << 10];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                if (answers) {
                    answer.append(new String(buffer, 0, count, ISO_8859_1));
                    boolean isWhole = answer.lastIndexOf(IDLE) == answer.length() - IDLE.length();
                    String marker = wanted.get();
                    if (isWhole
                            && !marker.isEmpty()
                            && answer.indexOf(marker) >= 0
                            && wanted.compareAndSet(marker, "")) {
                        return;
                    }
                    if (isWhole) {
                        answer.setLength(0);
                    }
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException gone) {
            // one side went away, so the other goes too
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
