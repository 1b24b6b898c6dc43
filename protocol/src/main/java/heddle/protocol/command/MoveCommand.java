package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code MOVE} or {@code UID MOVE} (RFC 6851 §3.1). */
public record MoveCommand(Numbering numbering, SequenceSet messages, MailboxName to) implements Command.Selected {
    /** {@code move = "MOVE" SP sequence-set SP mailbox}. */
    static MoveCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet messages = in.sequenceSet();
        in.space();
        return new MoveCommand(numbering, messages, in.mailbox());
    }
}
