package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code COPY} or {@code UID COPY} (RFC 3501 §6.4.7). */
public record CopyCommand(Numbering numbering, SequenceSet messages, MailboxName to) implements Command.Selected {
    /** {@code copy = "COPY" SP sequence-set SP mailbox}. */
    static CopyCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet messages = in.sequenceSet();
        in.space();
        return new CopyCommand(numbering, messages, in.mailbox());
    }
}
