package heddle.server.connection;

import heddle.server.config.ServerConfig;
import heddle.server.metrics.ServerMetrics;
import java.util.concurrent.Semaphore;

/**
 * What the listeners of a process share.
 *
 * @param pod the id of this process, for the ids of its sessions
 * @param records buffers for TLS records
 * @param handshakes how many TLS handshakes may compute at once, so that ten thousand clients that come back at the same
 *     time do not stop the others
 */
public record ConnectionServices(
        long pod,
        OpenConnections connections,
        TlsContext tls,
        ServerMetrics metrics,
        ServerConfig.Timeouts timeouts,
        ServerConfig.Proxy proxy,
        BufferPool records,
        Semaphore handshakes) {
    private static final int RECORDS_KEPT = 64;

    /** Services with buffers and permits for this machine. */
    public ConnectionServices(
            long pod,
            OpenConnections connections,
            TlsContext tls,
            ServerMetrics metrics,
            ServerConfig.Timeouts timeouts,
            ServerConfig.Proxy proxy) {
        this(
                pod,
                connections,
                tls,
                metrics,
                timeouts,
                proxy,
                new BufferPool(TlsLayer.BUFFER_SIZE, RECORDS_KEPT),
                new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() - 1), true));
    }
}
