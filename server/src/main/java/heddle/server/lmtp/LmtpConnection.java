package heddle.server.lmtp;

import heddle.server.connection.Transport;
import heddle.server.logging.LogFields;
import heddle.server.metrics.DeliveryResult;
import heddle.server.metrics.Limit;
import heddle.server.metrics.ServerMetrics;
import heddle.server.metrics.SessionEnd;
import heddle.storage.StorageException;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One mail transfer agent, one virtual thread: read a command, carry it out, answer, repeat (RFC 2033). */
final class LmtpConnection {
    private static final Logger LOG = System.getLogger(LmtpConnection.class.getName());

    private final LmtpService service;
    private final ServerMetrics metrics;
    private final Transport transport;
    private final OutputStream out;
    private final LmtpInput in;
    private boolean isIntroduced;
    private LmtpCommand.@Nullable Mail mail;
    private final List<Recipient> recipients = new ArrayList<>();
    private int broken;
    private int accepted;
    private boolean isOver;
    private SessionEnd end = SessionEnd.CLIENT_GONE;

    LmtpConnection(LmtpService service, ServerMetrics metrics, Transport transport) {
        this.service = service;
        this.metrics = metrics;
        this.transport = transport;
        out = new BufferedOutputStream(transport.output());
        in = new LmtpInput(transport.input(), out);
    }

    /** Serves the client until it leaves, or has to. */
    void serve() throws IOException {
        try {
            converse();
        } finally {
            SessionEnd reason =
                    end == SessionEnd.CLIENT_GONE ? transport.cutOff().orElse(end) : end;
            LogFields summary = transport.summary().with("recipients", accepted).with("reason", reason);
            LOG.log(transport.activity().commands() == 0 ? Level.DEBUG : Level.INFO, "session ended", summary);
        }
    }

    private void converse() throws IOException {
        transport.readTimeout(service.timeout());
        try {
            new LmtpReply(220, "", service.host() + " Heddle LMTP").writeTo(out);
            while (!isOver && transport.farewell().isEmpty() && awaitCommand()) {
                serveOneCommand();
            }
            Optional<String> farewell = transport.farewell();
            if (farewell.isPresent() && !isOver) {
                end = SessionEnd.DISMISSED;
                new LmtpReply(421, "4.3.2", farewell.get()).writeTo(out);
            }
        } catch (SocketTimeoutException silent) {
            metrics.limitHit(Limit.IDLE_TIME);
            end = SessionEnd.TIMEOUT;
            new LmtpReply(421, "4.4.2", "you were silent for too long").writeTo(out);
        } catch (LmtpInput.EndlessLineException endless) {
            metrics.limitHit(Limit.COMMAND);
            end = SessionEnd.REFUSED;
            new LmtpReply(421, "4.7.0", "this line does not end").writeTo(out);
        } catch (EOFException ended) {
            LOG.log(Level.DEBUG, "{0}", ended.getMessage());
            return;
        }
        out.flush();
    }

    private boolean awaitCommand() throws IOException {
        if (in.isBuffered()) {
            return true;
        }
        out.flush();
        transport.idle(true);
        boolean hasCommand = in.await();
        transport.idle(false);
        return hasCommand;
    }

    /** The only place where a failure becomes an answer. */
    private void serveOneCommand() throws IOException {
        transport.activity().nextCommand();
        try {
            handle(LmtpCommand.parse(in.line()));
            broken = 0;
        } catch (RefusedLineException refused) {
            refused.reply().writeTo(out);
            if (++broken > service.mostBrokenCommands()) {
                new LmtpReply(421, "4.7.0", "too many errors").writeTo(out);
                isOver = true;
                end = SessionEnd.REFUSED;
            }
        } catch (StorageException failed) {
            LOG.log(Level.WARNING, "a recipient cannot be looked up: {0}", failed.text());
            metrics.delivered(DeliveryResult.DEFERRED);
            LmtpReply.TRY_LATER.writeTo(out);
        } catch (RuntimeException bug) {
            LOG.log(Level.ERROR, "an LMTP command failed", bug);
            LmtpReply.TRY_LATER.writeTo(out);
        }
    }

    private void handle(LmtpCommand command) throws IOException {
        switch (command) {
            case LmtpCommand.Lhlo _ -> introduce();
            case LmtpCommand.Mail begun -> begin(begun);
            case LmtpCommand.Rcpt(MailAddress to) -> addRecipient(to);
            case LmtpCommand.Data() -> receive();
            case LmtpCommand.Rset() -> {
                reset();
                LmtpReply.OK.writeTo(out);
            }
            case LmtpCommand.Noop() -> LmtpReply.OK.writeTo(out);
            case LmtpCommand.Vrfy() -> new LmtpReply(252, "2.1.5", "send some mail and see").writeTo(out);
            case LmtpCommand.StartTls() -> startTls();
            case LmtpCommand.Quit() -> {
                new LmtpReply(221, "2.0.0", "goodbye").writeTo(out);
                isOver = true;
                end = SessionEnd.LOGOUT;
            }
        }
    }

    private void introduce() throws IOException {
        reset();
        isIntroduced = true;
        List<String> lines = new ArrayList<>(List.of(service.host(), "PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME"));
        if (!transport.isTls()) {
            lines.add("STARTTLS");
        }
        lines.add("SMTPUTF8");
        for (String line : lines) {
            new LmtpReply(250, "", line).writeContinuedTo(out);
        }
        new LmtpReply(250, "", "SIZE " + service.longestMessage()).writeTo(out);
    }

    private void begin(LmtpCommand.Mail begun) throws IOException {
        if (!isIntroduced) {
            throw new RefusedLineException(503, "5.5.1", "say LHLO first");
        }
        if (mail != null) {
            throw new RefusedLineException(503, "5.5.1", "a delivery has begun already");
        }
        if (begun.size() > service.longestMessage()) {
            metrics.limitHit(Limit.SIZE);
            LmtpReply.TOO_BIG.writeTo(out);
            return;
        }
        mail = begun;
        new LmtpReply(250, "2.1.0", "OK").writeTo(out);
    }

    private void addRecipient(MailAddress to) throws IOException {
        if (mail == null) {
            throw new RefusedLineException(503, "5.5.1", "say MAIL first");
        }
        LmtpCommand.checkSpelling(to, mail.isInternational());
        if (recipients.size() == service.mostRecipients()) {
            metrics.limitHit(Limit.RECIPIENTS);
            new LmtpReply(452, "4.5.3", "too many recipients at once").writeTo(out);
            return;
        }
        Optional<Recipient> found = service.recipients().find(to);
        if (found.isPresent()) {
            recipients.add(found.get());
            accepted++;
            new LmtpReply(250, "2.1.5", "OK").writeTo(out);
        } else {
            metrics.delivered(DeliveryResult.NO_SUCH_USER);
            LmtpReply.NO_SUCH_USER.writeTo(out);
        }
    }

    /** One answer for each recipient that was accepted, in their order; without any, DATA is refused (RFC 2033 §4.2). */
    private void receive() throws IOException {
        if (mail == null || recipients.isEmpty()) {
            throw new RefusedLineException(503, "5.5.1", mail == null ? "say MAIL first" : "there is no recipient");
        }
        new LmtpReply(354, "", "go on, and end with a dot").writeTo(out);
        try (ArrivingMessage message = service.newMessage()) {
            in.data(message);
            if (message.isTooBig()) {
                metrics.limitHit(Limit.SIZE);
            }
            for (Recipient recipient : recipients) {
                service.delivery()
                        .deliver(mail.reversePath(), recipient, message)
                        .writeTo(out);
            }
        }
        reset();
    }

    private void startTls() throws IOException {
        if (transport.isTls()) {
            throw new RefusedLineException(503, "5.5.1", "TLS is active already");
        }
        new LmtpReply(220, "2.0.0", "begin TLS now").writeTo(out);
        out.flush();
        in.discardBuffered();
        transport.startTls();
        isIntroduced = false;
        reset();
    }

    private void reset() {
        mail = null;
        recipients.clear();
    }
}
