package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.StatusItem;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** {@code STATUS}: numbers of a mailbox that is not selected (RFC 3501 §6.3.10). */
public record StatusCommand(MailboxName mailbox, Set<StatusItem> items) implements Command.Authenticated {
    public StatusCommand {
        items = Set.copyOf(items);
    }

    /** {@code status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"}. */
    static StatusCommand read(WireReader in) throws IOException {
        in.space();
        MailboxName mailbox = in.mailbox();
        in.space();
        return new StatusCommand(mailbox, Set.copyOf(items(in)));
    }

    /** {@code "(" status-att *(SP status-att) ")"}. */
    static List<StatusItem> items(WireReader in) throws IOException {
        return in.nonEmptyList(() -> {
            String name = in.word();
            return StatusItem.of(name).orElseThrow(() -> new SyntaxException("unknown STATUS item " + name));
        });
    }
}
