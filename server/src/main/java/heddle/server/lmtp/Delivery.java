package heddle.server.lmtp;

import heddle.protocol.MailboxName;
import heddle.protocol.mime.MessageSource;
import heddle.server.metrics.DeliveryResult;
import heddle.server.metrics.Limit;
import heddle.server.metrics.ServerMetrics;
import heddle.storage.NewMessage;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import heddle.storage.StorageException.Reason;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** Stores a message for one recipient and says what became of it: each has an answer of its own (RFC 2033 §4.2). */
final class Delivery {
    private static final Logger LOG = System.getLogger(Delivery.class.getName());

    private static final LmtpReply DELIVERED = new LmtpReply(250, "2.0.0", "delivered");

    /** Not for good: the sender tries again for days, in which the user can make room, and nothing is lost. */
    private static final LmtpReply OVER_QUOTA = new LmtpReply(452, "4.2.2", "the mailbox is full");

    private static final LmtpReply MAILBOX_EXHAUSTED = new LmtpReply(452, "4.2.2", "the mailbox takes no more");

    private final Storage storage;
    private final ServerMetrics metrics;

    Delivery(Storage storage, ServerMetrics metrics) {
        this.storage = storage;
        this.metrics = metrics;
    }

    /** {@return the answer for a recipient; only a user who does not exist is a failure for good} */
    LmtpReply deliver(MailAddress from, Recipient to, ArrivingMessage message) {
        if (message.isTooBig()) {
            metrics.delivered(DeliveryResult.TOO_BIG);
            return LmtpReply.TOO_BIG;
        }
        try {
            store(from, to, message.complete());
            metrics.delivered(DeliveryResult.DELIVERED);
            return DELIVERED;
        } catch (StorageException refused) {
            return refused(refused);
        } catch (IOException unreadable) {
            LOG.log(Level.WARNING, "a message could not be spooled: {0}", unreadable.toString());
            return deferred();
        } catch (RuntimeException bug) {
            LOG.log(Level.ERROR, "a delivery failed", bug);
            return deferred();
        }
    }

    private void store(MailAddress from, Recipient to, MessageSource content) throws IOException {
        var message = new NewMessage(content, Set.of(), null, trace(from, to.address()));
        try {
            append(to, to.mailbox(), message);
        } catch (StorageException gone) {
            if (gone.reason() != Reason.NOT_FOUND || to.mailbox().isInbox()) {
                throw gone;
            }
            append(to, MailboxName.INBOX, message); // somebody has deleted the mailbox since RCPT
        }
    }

    private void append(Recipient to, MailboxName mailbox, NewMessage message) throws IOException {
        storage.messages()
                .append(
                        to.account().id(),
                        mailbox,
                        List.of(message),
                        to.account().quota());
    }

    /** Final delivery adds the envelope (RFC 5321 §4.4). No address holds a line end: {@link MailAddress} sees to it. */
    static byte[] trace(MailAddress from, MailAddress to) {
        return ("Return-Path: <" + from.written() + ">\r\nDelivered-To: " + to.written() + "\r\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private LmtpReply refused(StorageException refused) {
        return switch (refused.reason()) {
            case NOT_FOUND -> { // INBOX goes only with its account
                metrics.delivered(DeliveryResult.NO_SUCH_USER);
                yield LmtpReply.NO_SUCH_USER;
            }
            case OVER_QUOTA -> {
                metrics.delivered(DeliveryResult.OVER_QUOTA);
                metrics.limitHit(Limit.QUOTA);
                yield OVER_QUOTA;
            }
            case LIMIT -> {
                metrics.delivered(DeliveryResult.DEFERRED);
                metrics.limitHit(Limit.MAILBOX);
                yield MAILBOX_EXHAUSTED;
            }
            case ALREADY_EXISTS, HAS_CHILDREN, CANNOT, EXPUNGED, READ_ONLY, UNAVAILABLE -> {
                LOG.log(Level.WARNING, "a delivery is put off: {0}", refused.text());
                yield deferred();
            }
        };
    }

    private LmtpReply deferred() {
        metrics.delivered(DeliveryResult.DEFERRED);
        return LmtpReply.TRY_LATER;
    }
}
