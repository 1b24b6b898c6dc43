package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/**
 * {@code APPEND} (RFC 3501 §6.3.11, RFC 3502, RFC 3516 §4.4).
 *
 * @param messages still on the wire; the handler takes them one by one
 */
public record AppendCommand(GivenName mailbox, AppendMessages messages) implements Command.Authenticated {
    /** {@code append = "APPEND" SP mailbox 1*(SP append-message)}; stops before the first message's octets. */
    static AppendCommand read(WireReader in) throws IOException {
        in.space();
        GivenName mailbox = in.givenMailbox();
        in.space();
        return new AppendCommand(mailbox, AppendMessages.several(in, AppendMessage.read(in)));
    }
}
