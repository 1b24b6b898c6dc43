package heddle.protocol.response;

import heddle.protocol.UidSet;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;

/**
 * {@code VANISHED}: messages are gone (RFC 7162 §3.2.10).
 *
 * @param uids at least one
 */
public record VanishedResponse(When when, UidSet uids) implements Response {
    /** Since when the messages are gone. */
    public enum When {
        /** Before the mailbox was selected, or before the modseq that the client named: sequence numbers stay. */
        EARLIER,
        /** Now: the sequence numbers of those behind them change. */
        NOW
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom(when == When.EARLIER ? "* VANISHED (EARLIER) " : "* VANISHED ")
                .uidSet(uids)
                .crlf();
    }
}
