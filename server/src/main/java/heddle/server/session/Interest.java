package heddle.server.session;

import heddle.protocol.Event;
import heddle.protocol.FetchItem;
import heddle.protocol.command.MailboxFilter;
import heddle.server.session.SelectedMailbox.Expunges;
import java.util.List;
import java.util.Set;

/**
 * What a client wants to hear of the mailbox that it has selected: all, as long as it does not say otherwise by NOTIFY
 * (RFC 5465 §6.1).
 *
 * @param events of messages; new and expunged ones are told both or neither
 * @param when whether it may hear at any time that messages are gone
 * @param arrivals what it wants to know of each new message
 */
record Interest(Set<Event> events, MailboxFilter.Selected when, List<FetchItem> arrivals) {
    static final Interest ALL = new Interest(
            Set.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE),
            MailboxFilter.Selected.DELAYED,
            List.of());

    static final Interest NONE = new Interest(Set.of(), MailboxFilter.Selected.DELAYED, List.of());

    Interest {
        events = Set.copyOf(events);
        arrivals = List.copyOf(arrivals);
    }

    boolean inMessages() {
        return events.contains(Event.MESSAGE_NEW);
    }

    boolean inFlags() {
        return events.contains(Event.FLAG_CHANGE);
    }

    /** {@return whether expunges are told between two commands} */
    Expunges betweenCommands() {
        return when == MailboxFilter.Selected.IMMEDIATE ? Expunges.TOLD : Expunges.WITHHELD;
    }
}
