package heddle.protocol.response;

import heddle.protocol.UidSet;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import org.roaringbitmap.IntIterator;

/**
 * {@code SEARCH}: the messages found (RFC 3501 §7.2.5).
 *
 * @param numbers sequence numbers or UIDs, as the command had them
 */
public record SearchResponse(UidSet numbers) implements Response {
    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* SEARCH");
        for (IntIterator each = numbers.bits().getIntIterator(); each.hasNext(); ) {
            out.space().number(Integer.toUnsignedLong(each.next()));
        }
        out.crlf();
    }
}
