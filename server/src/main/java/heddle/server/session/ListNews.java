package heddle.server.session;

import heddle.protocol.Event;
import heddle.protocol.MailboxName;
import heddle.protocol.wire.WireWriter;
import heddle.storage.Mailbox;
import heddle.storage.MailboxId;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Tells of mailboxes that are created, deleted or renamed, and of subscriptions: what a client knew of the list is compared
 * with what it has come to (RFC 5465 §5.4, §5.5). What the client does itself it knows.
 */
final class ListNews {
    private final EventFilter filter;
    private final Map<MailboxId, MailboxName> names = new HashMap<>();
    private final Set<MailboxName> subscribed = new HashSet<>();

    ListNews(EventFilter filter) {
        this.filter = filter;
    }

    /** {@return how many names are kept} */
    int size() {
        return names.size() + subscribed.size();
    }

    /** The client knows the list as it is now. */
    void remember(MailboxList now) {
        names.clear();
        subscribed.clear();
        if (filter.wants(Set.of(Event.MAILBOX_NAME))) {
            now.mailboxes().forEach(mailbox -> names.put(mailbox.id(), mailbox.name()));
        }
        if (filter.wants(Set.of(Event.MAILBOX_NAME, Event.SUBSCRIPTION_CHANGE))) {
            subscribed.addAll(now.subscriptions());
        }
    }

    /** The client itself has created mailboxes. */
    void created(Map<MailboxName, MailboxId> made) {
        made.forEach((name, id) -> names.put(id, name));
    }

    /** The client itself has deleted a mailbox. */
    void deleted(MailboxName name) {
        names.values().remove(name);
    }

    /** The client itself has renamed a mailbox, and with it those below; INBOX stays what it is (RFC 3501 §6.3.5). */
    void renamed(MailboxName from, MailboxName to) {
        if (from.isInbox()) {
            return;
        }
        names.replaceAll((id, name) -> name.equals(from) || name.isBelow(from)
                ? new MailboxName(
                        to.value() + name.value().substring(from.value().length()))
                : name);
    }

    /** The client itself has subscribed a name. */
    void subscribed(MailboxName name) {
        subscribed.add(name);
    }

    /** The client itself has unsubscribed a name. */
    void unsubscribed(MailboxName name) {
        subscribed.remove(name);
    }

    /** Tells what has changed; each name once. */
    void tell(WireWriter out, MailboxList now) throws IOException {
        Map<MailboxName, Optional<MailboxName>> affected = affected(now);
        remember(now);
        for (var each : affected.entrySet()) {
            now.response(each.getKey(), each.getValue().orElse(null)).writeTo(out);
        }
    }

    /** {@return the names of which something is to be told, with the old ones of those that are renamed} */
    private Map<MailboxName, Optional<MailboxName>> affected(MailboxList now) {
        var affected = new TreeMap<MailboxName, Optional<MailboxName>>();
        if (filter.wants(Set.of(Event.MAILBOX_NAME))) {
            addNames(now, affected);
        }
        var subscriptions = new HashSet<>(subscribed);
        subscriptions.addAll(now.subscriptions());
        for (MailboxName name : subscriptions) {
            if (subscribed.contains(name) != now.isSubscribed(name)
                    && filter.of(name, true).contains(Event.SUBSCRIPTION_CHANGE)) {
                affected.putIfAbsent(name, Optional.empty());
            }
        }
        return affected;
    }

    private void addNames(MailboxList now, Map<MailboxName, Optional<MailboxName>> affected) {
        var gone = new HashMap<>(names);
        var renamed = new HashMap<MailboxName, MailboxName>();
        for (Mailbox mailbox : now.mailboxes()) {
            MailboxName before = gone.remove(mailbox.id());
            if (before == null) {
                addWithParent(mailbox.name(), now, affected);
            } else if (!before.equals(mailbox.name())) {
                renamed.put(before, mailbox.name());
            }
        }
        gone.values().forEach(name -> addWithParent(name, now, affected));
        renamed.forEach((from, to) -> {
            if (!isMovedByParent(from, to, renamed) && (isWanted(from, now) || isWanted(to, now))) {
                affected.put(to, Optional.of(from));
            }
        });
    }

    /** Where a mailbox comes or goes, the one above it changes, too, whether it is there or not (RFC 5465 §5.4). */
    private void addWithParent(MailboxName name, MailboxList now, Map<MailboxName, Optional<MailboxName>> affected) {
        if (isWanted(name, now)) {
            affected.putIfAbsent(name, Optional.empty());
        }
        name.parent()
                .filter(parent -> isWanted(parent, now))
                .ifPresent(parent -> affected.putIfAbsent(parent, Optional.empty()));
    }

    private boolean isWanted(MailboxName name, MailboxList now) {
        boolean isSubscribed = subscribed.contains(name) || now.isSubscribed(name);
        return filter.of(name, isSubscribed).contains(Event.MAILBOX_NAME);
    }

    /** Of what lies below a renamed mailbox nothing is told (RFC 5465 §5.4). */
    private static boolean isMovedByParent(MailboxName from, MailboxName to, Map<MailboxName, MailboxName> renamed) {
        Optional<MailboxName> parent = from.parent();
        return parent.isPresent()
                && renamed.containsKey(parent.get())
                && Optional.of(renamed.get(parent.get())).equals(to.parent())
                && lastLevel(from).equals(lastLevel(to));
    }

    private static String lastLevel(MailboxName name) {
        return name.value().substring(name.value().lastIndexOf(MailboxName.SEPARATOR) + 1);
    }
}
