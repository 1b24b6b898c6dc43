package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code RENAME} (RFC 3501 §6.3.5). */
public record RenameCommand(GivenName from, GivenName to) implements Command.Authenticated {
    /** {@code rename = "RENAME" SP mailbox SP mailbox}. */
    static RenameCommand read(WireReader in) throws IOException {
        in.space();
        GivenName from = in.givenMailbox();
        in.space();
        return new RenameCommand(from, in.givenMailbox());
    }
}
