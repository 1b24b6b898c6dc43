package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code DELETE} (RFC 3501 §6.3.4). */
public record DeleteCommand(GivenName mailbox) implements Command.Authenticated {
    /** {@code delete = "DELETE" SP mailbox}. */
    static DeleteCommand read(WireReader in) throws IOException {
        in.space();
        return new DeleteCommand(in.givenMailbox());
    }
}
