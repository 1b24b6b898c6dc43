package heddle.protocol.response;

import heddle.protocol.ModSeq;
import heddle.protocol.UidSet;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;

/**
 * {@code SEARCH}: the messages found (RFC 3501 §7.2.5).
 *
 * @param numbers sequence numbers or UIDs, as the command had them
 * @param highest the highest modseq of these messages (RFC 7162 §3.1.6); null when none was asked for or nothing found
 */
public record SearchResponse(UidSet numbers, @Nullable ModSeq highest) implements Response {
    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* SEARCH");
        for (IntIterator each = numbers.bits().getIntIterator(); each.hasNext(); ) {
            out.space().number(Integer.toUnsignedLong(each.next()));
        }
        if (highest != null) {
            out.atom(" (MODSEQ ").number(highest.value()).raw(')');
        }
        out.crlf();
    }
}
