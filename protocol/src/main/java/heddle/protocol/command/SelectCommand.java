package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code SELECT} or {@code EXAMINE} (RFC 3501 §6.3.1, §6.3.2, RFC 4466 §2.1).
 *
 * @param mailbox null when no mailbox can have the name that the client gave: like any that fails, the command ends the
 *     selection before it
 */
public record SelectCommand(@Nullable GivenName mailbox, Access access, List<SelectParameter> parameters)
        implements Command.Authenticated {
    /** What the client may do to the mailbox. */
    public enum Access {
        /** {@code SELECT}. */
        READ_WRITE,
        /** {@code EXAMINE}: nothing changes, not even {@code \Recent}. */
        READ_ONLY
    }

    public SelectCommand {
        parameters = List.copyOf(parameters);
    }

    @Override
    public boolean usesSequenceNumbers() {
        return parameters.stream()
                .anyMatch(parameter -> parameter instanceof SelectParameter.Qresync resync && resync.matches() != null);
    }

    /** {@code select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]}, EXAMINE likewise. */
    static SelectCommand read(WireReader in, Access access) throws IOException {
        in.space();
        GivenName mailbox = in.mailboxIfPossible().orElse(null);
        List<SelectParameter> parameters = in.take(' ') ? in.nonEmptyList(() -> SelectParameter.read(in)) : List.of();
        return new SelectCommand(mailbox, access, parameters);
    }
}
