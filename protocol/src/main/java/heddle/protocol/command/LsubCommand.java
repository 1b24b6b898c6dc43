package heddle.protocol.command;

import heddle.protocol.wire.WireReader;
import java.io.IOException;

/**
 * {@code LSUB}: names that are subscribed (RFC 3501 §6.3.9).
 *
 * @param reference what the pattern is relative to, decoded; mostly empty
 * @param pattern decoded; <code>%</code> and <code>*</code> are wildcards
 */
public record LsubCommand(String reference, String pattern) implements Command.Authenticated {
    /** {@code lsub = "LSUB" SP mailbox SP list-mailbox}. */
    static LsubCommand read(WireReader in) throws IOException {
        in.space();
        String reference = in.mailboxText();
        in.space();
        return new LsubCommand(reference, in.listMailbox());
    }
}
