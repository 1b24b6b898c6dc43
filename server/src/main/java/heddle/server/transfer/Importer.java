package heddle.server.transfer;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.server.spool.Arrival;
import heddle.server.spool.Spool;
import heddle.server.spool.SpooledMessage;
import heddle.storage.Account;
import heddle.storage.NewMessage;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stores messages in an account, a batch at a time: each batch is stored as a whole or not at all. */
final class Importer implements Closeable {
    private static final int BATCH_MESSAGES = 100;
    private static final long BATCH_BYTES = 16 << 20;
    private static final byte[] NO_TRACE = {};

    private final Storage storage;
    private final Account account;
    private final Spool spool;
    private final List<NewMessage> batch = new ArrayList<>();
    private Arrival arrival;
    private long batchBytes;
    private long stored;
    private @Nullable MailboxName mailbox;

    Importer(Storage storage, Account account, Spool spool) {
        this.storage = storage;
        this.account = account;
        this.spool = spool;
        arrival = spool.arrival();
    }

    /** Says where the messages that follow go; the mailbox is made, and subscribed, if it is not there. */
    void into(MailboxName name) throws IOException {
        flush();
        mailbox = name;
        Optional<?> existing = storage.mailboxes().find(account.id(), name);
        if (existing.isEmpty()) {
            storage.mailboxes().create(account.id(), name, Set.of());
            storage.mailboxes().subscribe(account.id(), name);
        }
    }

    /** {@return where to write the next message before it is {@link #add added}} */
    SpooledMessage newMessage() {
        return arrival.newMessage();
    }

    /**
     * Adds the message that was written last.
     *
     * @param date its internal date; null: now
     * @throws StorageException when the batch that it completes cannot be stored
     */
    void add(SpooledMessage message, Set<Flag> flags, @Nullable OffsetDateTime date) throws IOException {
        batch.add(new NewMessage(message, flags, date, NO_TRACE));
        batchBytes += message.size();
        if (batch.size() == BATCH_MESSAGES || batchBytes >= BATCH_BYTES) {
            flush();
        }
    }

    /** Stores what has been added. */
    void flush() throws IOException {
        if (mailbox != null && !batch.isEmpty()) {
            storage.messages().append(account.id(), mailbox, batch, account.quota());
            stored += batch.size();
            arrival.close();
            arrival = spool.arrival();
            batch.clear();
            batchBytes = 0;
        }
    }

    /** {@return how many messages are stored for good} */
    long stored() {
        return stored;
    }

    /** Lets go of what has been written; what is not stored is not stored, then. */
    @Override
    public void close() throws IOException {
        arrival.close();
    }
}
