package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * {@code SELECT} or {@code EXAMINE} (RFC 3501 §6.3.1, §6.3.2).
 *
 * @param mailbox null when no mailbox can have the name that the client gave: like any that fails, the command ends the
 *     selection before it
 */
public record SelectCommand(@Nullable MailboxName mailbox, Access access) implements Command.Authenticated {
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
        return new SelectCommand(in.mailboxIfPossible().orElse(null), access);
    }
}
