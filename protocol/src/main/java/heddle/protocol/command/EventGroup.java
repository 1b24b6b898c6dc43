package heddle.protocol.command;

import heddle.protocol.Event;
import heddle.protocol.FetchItem;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A part of NOTIFY: of which mailboxes the client wants to hear what (RFC 5465 §8).
 *
 * @param events empty for {@code NONE}
 * @param arrivals what is told of each new message in the selected mailbox; empty for no more than that it is there
 */
public record EventGroup(MailboxFilter mailboxes, Set<Event> events, List<FetchItem> arrivals) {
    public EventGroup {
        events = Set.copyOf(events);
        arrivals = List.copyOf(arrivals);
    }

    /** {@code event-group = "(" filter-mailboxes SP events ")"}. */
    static EventGroup read(WireReader in) throws IOException {
        in.expect('(');
        MailboxFilter mailboxes = MailboxFilter.read(in);
        in.space();
        var events = EnumSet.noneOf(Event.class);
        var arrivals = new ArrayList<FetchItem>();
        if (in.peek('(')) {
            readEvents(in, events, arrivals);
        } else if (!in.word().equals("NONE")) {
            throw new SyntaxException("a list of events or NONE is expected");
        }
        in.expect(')');
        check(mailboxes, events, arrivals);
        return new EventGroup(mailboxes, events, arrivals);
    }

    /** {@code "(" event *(SP event) ")"}, with {@code "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")" ]}. */
    private static void readEvents(WireReader in, Set<Event> events, List<FetchItem> arrivals) throws IOException {
        in.expect('(');
        boolean hasMore = true;
        while (hasMore) {
            in.countElement();
            Event event = Event.of(in.atom()).orElseThrow(EventGroup::unknown);
            events.add(event);
            hasMore = in.take(' ');
            if (hasMore && event == Event.MESSAGE_NEW && in.peek('(')) {
                arrivals.addAll(FetchCommand.itemList(in));
                hasMore = in.take(' ');
            }
        }
        in.expect(')');
    }

    /** What the server cannot tell of is no mistake of the client: it learns what it can ask for (RFC 5465 §3.1). */
    private static RefusedException unknown() {
        return new RefusedException(new ResponseCode.BadEvent(List.of(Event.values())), "there are no other events");
    }

    private static void check(MailboxFilter mailboxes, Set<Event> events, List<FetchItem> arrivals) {
        if (events.contains(Event.MESSAGE_NEW) != events.contains(Event.MESSAGE_EXPUNGE)) {
            throw new SyntaxException("MessageNew and MessageExpunge come together");
        }
        if (events.contains(Event.FLAG_CHANGE) && !events.contains(Event.MESSAGE_NEW)) {
            throw new SyntaxException("FlagChange comes with MessageNew and MessageExpunge");
        }
        boolean isSelected = mailboxes instanceof MailboxFilter.Selected;
        if (isSelected && !events.stream().allMatch(Event::isOfMessages)) {
            throw new SyntaxException("of the selected mailbox only messages are told");
        }
        if (!isSelected && !arrivals.isEmpty()) {
            throw new SyntaxException("data items are told of the selected mailbox only");
        }
    }
}
