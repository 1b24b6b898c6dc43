package heddle.server.checker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Stands between two that talk over TCP, and can change what they say. */
final class Relay implements AutoCloseable {
    /** What becomes of some octets on their way; one for each direction of each connection. */
    @FunctionalInterface
    interface Change {
        /** {@return what is passed on instead; empty for nothing} */
        String of(String octets);
    }

    /** Makes the changes for one connection. */
    interface Changes {
        default Change fromClient() {
            return octets -> octets;
        }

        Change fromServer();
    }

    /** Makes them for each connection. */
    @FunctionalInterface
    interface Maker {
        Changes changes();
    }

    private final String host;
    private final int port;
    private final Maker maker;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    Relay(String host, int port, Maker maker) throws IOException {
        this.host = host;
        this.port = port;
        this.maker = maker;
        Thread.startVirtualThread(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                var server = new Socket(host, port);
                Changes changes = maker.changes();
                Change fromClient = changes.fromClient();
                Change fromServer = changes.fromServer();
                Thread.startVirtualThread(() -> pass(client, server, fromClient));
                Thread.startVirtualThread(() -> pass(server, client, fromServer));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private static void pass(Socket from, Socket to, Change change) {
        try (from;
                to) {
            OutputStream out = to.getOutputStream();
            var buffer = new byte[16 << 10];
            for (int count = from.getInputStream().read(buffer);
                    count > 0;
                    count = from.getInputStream().read(buffer)) {
                out.write(change.of(new String(buffer, 0, count, ISO_8859_1)).getBytes(ISO_8859_1));
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
