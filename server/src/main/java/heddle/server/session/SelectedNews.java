package heddle.server.session;

import heddle.protocol.ModSeq;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.WireWriter;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.storage.Feed;
import heddle.storage.StorageException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** What happens in the selected mailbox while the client is told without asking. */
public final class SelectedNews implements Feed.Watcher {
    private final SelectedMailbox mailbox;
    private final Runnable wake;
    private final AtomicLong reached = new AtomicLong();
    private volatile boolean hasChanged;
    private volatile boolean isDeleted;
    private boolean mustAsk;

    /** @param wake called when there is something to tell; returns at once */
    public SelectedNews(SelectedMailbox mailbox, Runnable wake) {
        this.mailbox = mailbox;
        this.wake = wake;
    }

    @Override
    public void changed(ModSeq modSeq) {
        reached.accumulateAndGet(modSeq.value(), Math::max);
        hasChanged = true;
        wake.run();
    }

    @Override
    public void deleted() {
        isDeleted = true;
        hasChanged = true;
        wake.run();
    }

    /** Something may have happened before the mailbox was watched: the database is to be asked. */
    void ask() {
        mustAsk = true;
        hasChanged = true;
        wake.run();
    }

    /**
     * Tells the client. When the mailbox is deleted, or not what the client has to take it for, the session is over: it is in
     * the state of logout then, and the client is told {@code BYE}.
     *
     * @throws StorageException {@code UNAVAILABLE}; what was not told then is told the next time
     */
    public void tell(Session session, Expunges expunges) throws IOException {
        if (!hasChanged) {
            return;
        }
        hasChanged = false;
        WireWriter out = session.out();
        try {
            if (isDeleted) {
                throw SelectedMailbox.deleted();
            }
            if (mustAsk) {
                mailbox.poll(out, expunges);
            } else {
                // What was announced is committed: the database is asked only for whom an arrival is recent.
                mailbox.tell(out, new ModSeq(reached.get()), expunges);
            }
            mustAsk = false;
            if (expunges == Expunges.WITHHELD) {
                mailbox.tellIfBehind(out);
            }
        } catch (StorageException away) {
            hasChanged = true;
            throw away;
        } catch (EndOfServiceException end) {
            StatusResponse.bye(end.code(), end.text()).writeTo(out);
            session.state(new State.Logout());
            session.transport().endInput();
        }
    }
}
