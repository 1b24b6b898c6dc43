package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code UNSUBSCRIBE} (RFC 3501 §6.3.7). */
public record UnsubscribeCommand(MailboxName mailbox) implements Command.Authenticated {
    /** {@code unsubscribe = "UNSUBSCRIBE" SP mailbox}. */
    static UnsubscribeCommand read(WireReader in) throws IOException {
        in.space();
        return new UnsubscribeCommand(in.mailbox());
    }
}
