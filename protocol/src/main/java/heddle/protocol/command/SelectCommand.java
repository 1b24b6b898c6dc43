package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code SELECT} or {@code EXAMINE} (RFC 3501 §6.3.1, §6.3.2). */
public record SelectCommand(MailboxName mailbox, Access access) implements Command.Authenticated {
    /** What the client may do to the mailbox. */
    public enum Access {
        /** {@code SELECT}. */
        READ_WRITE,
        /** {@code EXAMINE}: nothing changes, not even {@code \Recent}. */
        READ_ONLY
    }

    /** {@code select = "SELECT" SP mailbox}, {@code examine = "EXAMINE" SP mailbox}. */
    static SelectCommand read(WireReader in, Access access) throws IOException {
        in.space();
        return new SelectCommand(in.mailbox(), access);
    }
}
