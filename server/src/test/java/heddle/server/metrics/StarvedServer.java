package heddle.server.metrics;

import heddle.server.Main;
import heddle.server.balancer.Haproxy;
import heddle.server.kill.ServerProcess;
import heddle.storage.StorageConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * A server in a process of its own that has little of everything: few files, and a heap that is full of something else, so
 * that it is collected all the time.
 */
final class StarvedServer {
    private static final int PIECE = 1 << 20;

    /** In use, of the heap: more than what raises an alert, but for some that is left to work with. */
    private static final double FULL = 0.92;

    private static final double TOO_FULL = 0.94;

    private static final long PAUSE = 50; // ms

    private StarvedServer() {}

    /** Starts it where nobody listens; when this returns, it serves IMAP. */
    static ServerProcess start(Path directory, StorageConfig database, Haproxy.Server place) throws IOException {
        Path script =
                ServerProcess.script(directory, "ulimit -n 300", "-XX:+UseSerialGC -Xmx128m", StarvedServer.class);
        var settings = new HashMap<>(place.settings());
        settings.putAll(ServerProcess.on(database));
        return ServerProcess.start(script, directory.resolve("data"), settings);
    }

    /** The process itself: a server like any other, and a thread that keeps what it allocates. */
    public static void main(String[] arguments) {
        Thread.ofPlatform().name("leak").daemon().start(StarvedServer::fillHeap);
        Main.main(arguments);
    }

    private static void fillHeap() {
        Runtime machine = Runtime.getRuntime();
        List<byte[]> kept = new ArrayList<>();
        try {
            awaitStart();
            while (true) {
                System.gc();
                long used = machine.totalMemory() - machine.freeMemory();
                if (used < FULL * machine.maxMemory()) {
                    kept.add(new byte[PIECE]);
                } else if (used > TOO_FULL * machine.maxMemory()) {
                    kept.removeLast();
                }
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until the server serves: to start with a full heap takes longer than anything waits for it. */
    private static void awaitStart() throws InterruptedException {
        String address = System.getenv("HEDDLE_LISTEN_IMAP");
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        while (true) {
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException notYet) {
                Thread.sleep(PAUSE);
            }
        }
    }
}
