package heddle.server.session;

import heddle.protocol.Event;
import heddle.protocol.MailboxName;
import heddle.protocol.command.EventGroup;
import heddle.protocol.command.MailboxFilter;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Of which mailboxes a client wants to hear what (RFC 5465 §6). Several groups can name a mailbox: what any of them asks
 * for is told.
 */
public final class EventFilter {
    private final Set<Event> everywhere = EnumSet.noneOf(Event.class);
    private final Set<Event> subscribed = EnumSet.noneOf(Event.class);
    private final Map<MailboxName, Set<Event>> subtrees = new HashMap<>();
    private final Map<MailboxName, Set<Event>> mailboxes = new HashMap<>();
    private Interest selected = Interest.NONE;

    /** @param groups none for {@code NOTIFY NONE} */
    public EventFilter(List<EventGroup> groups) {
        groups.forEach(this::add);
    }

    private void add(EventGroup group) {
        switch (group.mailboxes()) {
            case MailboxFilter.Selected when -> selected = new Interest(group.events(), when, group.arrivals());
            // All mailboxes are the user's own, and mail can be delivered to any of them.
            case MailboxFilter.Common.PERSONAL, MailboxFilter.Common.INBOXES -> everywhere.addAll(group.events());
            case MailboxFilter.Common.SUBSCRIBED -> subscribed.addAll(group.events());
            case MailboxFilter.Subtree below -> add(below.names(), group.events(), subtrees);
            case MailboxFilter.Mailboxes named -> add(named.names(), group.events(), mailboxes);
        }
    }

    private static void add(Set<MailboxName> names, Set<Event> events, Map<MailboxName, Set<Event>> to) {
        for (MailboxName name : names) {
            to.computeIfAbsent(name, _ -> EnumSet.noneOf(Event.class)).addAll(events);
        }
    }

    /** {@return what the client wants to hear of the mailbox it has selected} */
    Interest selected() {
        return selected;
    }

    /** {@return how many mailboxes it names} */
    public int names() {
        return subtrees.size() + mailboxes.size();
    }

    /** Whether it asks for any of these events in any mailbox that is not selected. */
    boolean wants(Set<Event> events) {
        return contains(everywhere, events)
                || contains(subscribed, events)
                || subtrees.values().stream().anyMatch(these -> contains(these, events))
                || mailboxes.values().stream().anyMatch(these -> contains(these, events));
    }

    private static boolean contains(Set<Event> these, Set<Event> events) {
        return events.stream().anyMatch(these::contains);
    }

    /** {@return the events that are told of a mailbox of this name when it is not selected} */
    Set<Event> of(MailboxName name, boolean isSubscribed) {
        Set<Event> events = EnumSet.copyOf(everywhere);
        if (isSubscribed) {
            events.addAll(subscribed);
        }
        events.addAll(mailboxes.getOrDefault(name, Set.of()));
        if (!subtrees.isEmpty()) {
            for (Optional<MailboxName> at = Optional.of(name);
                    at.isPresent();
                    at = at.get().parent()) {
                events.addAll(subtrees.getOrDefault(at.get(), Set.of()));
            }
        }
        return events;
    }
}
