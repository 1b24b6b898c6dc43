package heddle.protocol.command;

import heddle.protocol.SequenceSet;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * {@code EXPUNGE} or {@code UID EXPUNGE} (RFC 3501 §6.4.3, RFC 4315 §2.1).
 *
 * @param uids only these of the messages that are deleted; null: all that are
 */
public record ExpungeCommand(@Nullable SequenceSet uids) implements Command.Selected {
    /** {@code uid-expunge = "UID" SP "EXPUNGE" SP sequence-set}. */
    static ExpungeCommand readUid(WireReader in) throws IOException {
        in.space();
        return new ExpungeCommand(in.sequenceSet());
    }
}
