package heddle.protocol.command;

import heddle.protocol.MailboxName;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/**
 * {@code REPLACE} or {@code UID REPLACE}: a new message takes the place of an old one (RFC 8508 §3).
 *
 * @param replaced names one message
 * @param message still on the wire; the handler takes it
 */
public record ReplaceCommand(Numbering numbering, SequenceSet replaced, MailboxName mailbox, AppendMessages message)
        implements Command.Selected {
    /** {@code replace = "REPLACE" SP seq-number SP mailbox append-message}; stops before the message's octets. */
    static ReplaceCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet replaced = in.sequenceNumberSet();
        in.space();
        MailboxName mailbox = in.mailbox();
        in.space();
        return new ReplaceCommand(numbering, replaced, mailbox, AppendMessages.one(in, AppendMessage.read(in)));
    }
}
