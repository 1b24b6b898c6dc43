package heddle.server.lmtp;

import heddle.server.config.HostName;
import heddle.server.config.ServerConfig;
import heddle.server.connection.ConnectionHandler;
import heddle.server.connection.Transport;
import heddle.server.metrics.ServerMetrics;
import heddle.server.spool.Spool;
import heddle.storage.Storage;
import java.io.IOException;
import java.time.Duration;

/** Takes mail from mail transfer agents, by LMTP (RFC 2033), and stores it. */
public final class LmtpService implements ConnectionHandler {
    private final ServerConfig.Lmtp limits;
    private final int mostBrokenCommands;
    private final Spool spool;
    private final ServerMetrics metrics;
    private final Recipients recipients;
    private final Delivery delivery;
    private final String host = HostName.find();

    public LmtpService(Storage storage, ServerConfig config, Spool spool, ServerMetrics metrics) {
        this.metrics = metrics;
        limits = config.lmtp();
        mostBrokenCommands = config.limits().brokenCommands();
        this.spool = spool;
        recipients = new Recipients(storage, limits.subaddressSeparator());
        delivery = new Delivery(storage, metrics);
    }

    @Override
    public void serve(Transport transport) throws IOException {
        new LmtpConnection(this, metrics, transport).serve();
    }

    /** {@return what this server calls itself} */
    String host() {
        return host;
    }

    /** {@return how long a client may be silent} */
    Duration timeout() {
        return limits.timeout();
    }

    /** {@return in bytes} */
    long longestMessage() {
        return limits.message();
    }

    int mostRecipients() {
        return limits.recipients();
    }

    /** {@return how many a client may send in a row: one that sends only what nobody understands is not a mail transfer agent} */
    int mostBrokenCommands() {
        return mostBrokenCommands;
    }

    Recipients recipients() {
        return recipients;
    }

    Delivery delivery() {
        return delivery;
    }

    ArrivingMessage newMessage() {
        return new ArrivingMessage(spool.arrival(), limits.message());
    }
}
