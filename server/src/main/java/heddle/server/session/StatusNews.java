package heddle.server.session;

import heddle.protocol.Event;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.StatusItem;
import heddle.protocol.command.NotifyCommand.Now;
import heddle.protocol.wire.WireWriter;
import heddle.storage.AccountId;
import heddle.storage.Feed;
import heddle.storage.Mailbox;
import heddle.storage.MailboxId;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happens to messages in mailboxes that are not selected, by STATUS (RFC 5465 §5.1 to §5.3). Each is watched, and
 * its row is compared with what it was before.
 */
final class StatusNews implements AutoCloseable {
    private static final Set<Event> OF_MESSAGES =
            EnumSet.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE);

    private final Storage storage;
    private final AccountId account;
    private final EventFilter filter;
    private final Enabled enabled;
    private final Notifications.Answers answers;
    private final Runnable wake;
    private final Map<MailboxId, Watched> watched = new HashMap<>();

    /** Mailboxes that the client itself has created and that are not watched yet, with how often it has changed each. */
    private final Map<MailboxId, Integer> created = new HashMap<>();

    private @Nullable MailboxId selected;

    /**
     * @param filter says of which mailboxes what is told
     * @param answers writes the responses
     * @param wake called when there is something to tell; returns at once
     */
    StatusNews(
            Storage storage,
            AccountId account,
            EventFilter filter,
            Enabled enabled,
            Notifications.Answers answers,
            Runnable wake) {
        this.storage = storage;
        this.account = account;
        this.filter = filter;
        this.enabled = enabled;
        this.answers = answers;
        this.wake = wake;
    }

    /** A mailbox, and what the client knows of it. */
    private final class Watched implements Feed.Watcher {
        /** Null when the client is to be told whatever it is like. */
        private @Nullable Mailbox known;

        private Set<Event> events;
        /** The modseq up to which there is nothing to tell; asked by the thread of the feed. */
        private volatile long seen;
        /** Whether the client has been in it since {@link #known}, and may know of other numbers there. */
        private boolean wasSelected;
        /** Whether it may have come further; when interest is new, it may have before. */
        private volatile boolean hasChanged = true;

        private final Feed.Watch watch;

        /** @param isKnown whether the client knows what it is like */
        Watched(Mailbox mailbox, boolean isKnown, Set<Event> events) {
            known = isKnown ? mailbox : null;
            this.events = events;
            seen = isKnown ? mailbox.highestModSeq().value() : 0;
            watch = storage.feed().watch(mailbox.id(), this);
        }

        @Override
        public void changed(ModSeq modSeq) {
            if (modSeq.value() > seen) {
                hasChanged = true;
                wake.run();
            }
        }

        /** The list of mailboxes tells it. */
        @Override
        public void deleted() {}

        /** {@return what is to be told of the mailbox, now that it is so} */
        Set<StatusItem> news(Mailbox now) {
            Mailbox before = known;
            boolean isNews = now.highestModSeq().value() > seen;
            Set<StatusItem> items = before == null ? all() : isNews ? since(before, now) : Set.of();
            known = now;
            seen = now.highestModSeq().value();
            wasSelected = false;
            return items;
        }

        /** RFC 5465 §3.1; who goes by modseqs is told of them in any case (§5.2). */
        private Set<StatusItem> all() {
            var items = EnumSet.of(StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY);
            if (events.contains(Event.FLAG_CHANGE)) {
                items.add(StatusItem.UNSEEN);
            }
            if (enabled.modSeqs() || events.contains(Event.FLAG_CHANGE)) {
                items.add(StatusItem.HIGHESTMODSEQ);
            }
            return items;
        }

        /** RFC 5465 §5.1 to §5.3; who goes by modseqs is told of each that it asked for. */
        private Set<StatusItem> since(Mailbox before, Mailbox now) {
            var items = EnumSet.noneOf(StatusItem.class);
            if (before.uidNext() != now.uidNext()
                    || before.counters().messages() != now.counters().messages()) {
                items.add(StatusItem.MESSAGES);
                items.add(StatusItem.UIDNEXT);
            }
            boolean tellsFlags = events.contains(Event.FLAG_CHANGE);
            if (tellsFlags
                    && (wasSelected
                            || before.counters().unseen() != now.counters().unseen())) {
                items.add(StatusItem.UNSEEN);
            }
            if (enabled.modSeqs() && (tellsFlags || !items.isEmpty())) {
                items.add(StatusItem.HIGHESTMODSEQ);
            }
            if (!items.isEmpty()) {
                items.add(StatusItem.UIDVALIDITY);
            }
            return items;
        }
    }

    /**
     * Begins to watch the mailboxes of this list that the client wants to hear of.
     *
     * @param now whether it is to be told what they are like, or only what happens from now on
     * @param most so many they may be
     * @return false when they are more; nothing is watched then
     */
    boolean begin(MailboxList list, Now now, int most) {
        return watch(list, _ -> now == Now.NOTHING, most);
    }

    /**
     * As {@link #begin}, when the list has changed. Of a mailbox that is new here and has had messages from others, or has
     * taken the name of another one, with a UIDVALIDITY of its own, the client hears what it is like.
     */
    boolean update(MailboxList list, int most) {
        var before = new HashSet<MailboxName>();
        for (Watched entry : watched.values()) {
            if (entry.known != null) {
                before.add(entry.known.name());
            }
        }
        boolean fits = watch(list, mailbox -> isUnchanged(mailbox) && !before.contains(mailbox.name()), most);
        created.clear();
        return fits;
    }

    /** Whether nothing has ever happened in a mailbox but what the client has done to it itself. */
    private boolean isUnchanged(Mailbox mailbox) {
        return mailbox.highestModSeq().value() == Mailbox.FIRST.value() + created.getOrDefault(mailbox.id(), 0);
    }

    private boolean watch(MailboxList list, Predicate<Mailbox> isKnown, int most) {
        var wanted = new LinkedHashMap<Mailbox, Set<Event>>();
        for (Mailbox mailbox : list.mailboxes()) {
            Set<Event> events = filter.of(mailbox.name(), list.isSubscribed(mailbox.name()));
            events.retainAll(OF_MESSAGES);
            if (!events.isEmpty()) {
                wanted.put(mailbox, events);
            }
        }
        if (wanted.size() > most) {
            return false;
        }
        var gone = new HashMap<>(watched);
        wanted.forEach((mailbox, events) -> {
            Watched present = gone.remove(mailbox.id());
            if (present == null) {
                watched.put(mailbox.id(), new Watched(mailbox, isKnown.test(mailbox), events));
            } else {
                present.events = events;
            }
        });
        gone.forEach((id, entry) -> {
            entry.watch.close();
            watched.remove(id);
        });
        return true;
    }

    /** The client has selected another mailbox, of which it is told otherwise; null when it has selected none. */
    void selected(@Nullable MailboxId now) {
        selected = now;
    }

    /** The client has left a mailbox, and was told there what happened up to {@code told}. */
    void left(MailboxId mailbox, ModSeq told) {
        Watched entry = watched.get(mailbox);
        if (entry != null) {
            entry.seen = told.value();
            entry.wasSelected = true;
            entry.hasChanged = true;
            wake.run();
        }
    }

    /** The client itself has created these mailboxes. */
    void created(Collection<MailboxId> mailboxes) {
        mailboxes.forEach(mailbox -> created.put(mailbox, 0));
    }

    /** The client itself has made one change to a mailbox. */
    void ownChange(MailboxId mailbox) {
        Watched entry = watched.get(mailbox);
        if (entry != null) {
            long next = entry.seen + 1;
            entry.seen = next;
        }
        created.computeIfPresent(mailbox, (_, changes) -> changes + 1);
    }

    /** Tells of the mailboxes in which something has happened, each in one response. */
    void tell(WireWriter out) throws IOException {
        var changed = new ArrayList<MailboxId>();
        watched.forEach((id, entry) -> {
            if (entry.hasChanged && !id.equals(selected)) {
                entry.hasChanged = false;
                changed.add(id);
            }
        });
        if (changed.isEmpty()) {
            return;
        }
        try {
            for (Mailbox now : storage.mailboxes().read(account, changed)) {
                Set<StatusItem> items =
                        Objects.requireNonNull(watched.get(now.id())).news(now);
                if (!items.isEmpty()) {
                    answers.status(out, now, items);
                }
            }
        } catch (StorageException away) {
            changed.forEach(id -> Objects.requireNonNull(watched.get(id)).hasChanged = true);
            throw away;
        }
    }

    @Override
    public void close() {
        watched.values().forEach(entry -> entry.watch.close());
        watched.clear();
    }
}
