package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code SUBSCRIBE} (RFC 3501 §6.3.6). */
public record SubscribeCommand(MailboxName mailbox) implements Command.Authenticated {
    /** {@code subscribe = "SUBSCRIBE" SP mailbox}. */
    static SubscribeCommand read(WireReader in) throws IOException {
        in.space();
        return new SubscribeCommand(in.mailbox());
    }
}
