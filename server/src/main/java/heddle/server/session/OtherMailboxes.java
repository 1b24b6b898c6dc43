package heddle.server.session;

import heddle.protocol.ModSeq;
import heddle.protocol.command.NotifyCommand.Now;
import heddle.protocol.wire.WireWriter;
import heddle.storage.AccountId;
import heddle.storage.Feed;
import heddle.storage.Mailboxes;
import heddle.storage.StorageException;
import java.io.IOException;

/** What is told of the mailboxes that are not selected, and of the list of them. */
final class OtherMailboxes implements Feed.Watcher, AutoCloseable {
    private final Mailboxes mailboxes;
    private final AccountId account;
    private final ListNews names;
    private final StatusNews statuses;
    private final int most;
    private final Runnable wake;
    private final Feed.Watch watch;
    private volatile boolean hasChanged;

    /**
     * Begins to listen; {@link #begin} is called next.
     *
     * @param most so many names, and so many mailboxes, it may be about
     * @param wake called when there is something to tell; returns at once
     */
    OtherMailboxes(
            Feed feed,
            Mailboxes mailboxes,
            AccountId account,
            ListNews names,
            StatusNews statuses,
            int most,
            Runnable wake) {
        this.mailboxes = mailboxes;
        this.account = account;
        this.names = names;
        this.statuses = statuses;
        this.most = most;
        this.wake = wake;
        watch = feed.watch(account, this);
    }

    /**
     * Reads what there is.
     *
     * @param now whether the client is to be told by {@link #tell} what the mailboxes are like
     * @return false when there is too much
     * @throws StorageException {@code UNAVAILABLE}
     */
    boolean begin(Now now) {
        MailboxList list = MailboxList.read(mailboxes, account);
        names.remember(list);
        return statuses.begin(list, now, most) && names.size() <= most;
    }

    @Override
    public void changed(ModSeq modSeq) {
        hasChanged = true;
        wake.run();
    }

    /** With the account all its mailboxes go, and with them what can be told. */
    @Override
    public void deleted() {}

    ListNews names() {
        return names;
    }

    StatusNews statuses() {
        return statuses;
    }

    /**
     * Tells what has happened.
     *
     * @return false when it has become too much
     * @throws StorageException {@code UNAVAILABLE}; what was not told then is told the next time
     */
    boolean tell(WireWriter out) throws IOException {
        if (hasChanged) {
            hasChanged = false;
            MailboxList list;
            try {
                list = MailboxList.read(mailboxes, account);
            } catch (StorageException away) {
                hasChanged = true;
                throw away;
            }
            names.tell(out, list);
            if (!statuses.update(list, most) || names.size() > most) {
                return false;
            }
        }
        statuses.tell(out);
        return true;
    }

    @Override
    public void close() {
        watch.close();
        statuses.close();
    }
}
