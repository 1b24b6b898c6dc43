package heddle.protocol.command;

import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code NOTIFY}: what the client wants to be told without asking, instead of what it wanted before (RFC 5465 §3.1).
 *
 * @param now whether it is told at once what the mailboxes are like
 * @param groups at least one for {@code SET}, none for {@code NONE}
 */
public record NotifyCommand(Now now, List<EventGroup> groups) implements Command.Authenticated {
    /** What is told when the command is done. */
    public enum Now {
        STATUS,
        NOTHING
    }

    public NotifyCommand {
        groups = List.copyOf(groups);
    }

    /** {@code notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-group *(SP event-group) / "NONE")}. */
    static NotifyCommand read(WireReader in) throws IOException {
        in.space();
        String form = in.word();
        return switch (form) {
            case "NONE" -> new NotifyCommand(Now.NOTHING, List.of());
            case "SET" -> readSet(in);
            default -> throw new SyntaxException("SET or NONE is expected");
        };
    }

    private static NotifyCommand readSet(WireReader in) throws IOException {
        in.space();
        var now = Now.NOTHING;
        if (!in.peek('(')) {
            if (!in.word().equals("STATUS")) {
                throw new SyntaxException("STATUS or an event group is expected");
            }
            now = Now.STATUS;
            in.space();
        }
        var groups = new ArrayList<EventGroup>();
        boolean namesSelected = false;
        do {
            in.countElement();
            EventGroup group = EventGroup.read(in);
            if (group.mailboxes() instanceof MailboxFilter.Selected) {
                if (namesSelected) {
                    throw new SyntaxException("the selected mailbox can be named only once");
                }
                namesSelected = true;
            }
            groups.add(group);
        } while (in.take(' '));
        return new NotifyCommand(now, groups);
    }
}
