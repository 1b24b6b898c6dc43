package heddle.protocol.response;

import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.PartialRange;
import heddle.protocol.SearchReturn;
import heddle.protocol.SearchReturns;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * {@code ESEARCH}: the messages found, told as the client wants it (RFC 4731 §3.1, RFC 9394 §3.1).
 *
 * @param tag of the command that it answers
 * @param returns what to tell; MIN, MAX and ALL are left out when nothing was found
 * @param found sequence numbers or UIDs, as {@code numbering} says
 * @param highest the highest modseq of the messages told (RFC 4731 §3.2); null when none was asked for or nothing found
 */
public record EsearchResponse(
        Tag tag,
        Numbering numbering,
        SearchReturns returns,
        UidSet found,
        @Nullable ModSeq highest) implements Response {
    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ESEARCH (TAG ").string(tag.value()).raw(')');
        if (numbering == Numbering.UID) {
            out.atom(" UID");
        }
        if (!found.isEmpty()) {
            if (returns.contains(SearchReturn.MIN)) {
                out.atom(" MIN ").number(found.first());
            }
            if (returns.contains(SearchReturn.MAX)) {
                out.atom(" MAX ").number(found.last());
            }
            if (returns.contains(SearchReturn.ALL)) {
                out.atom(" ALL ").uidSet(found);
            }
        }
        PartialRange partial = returns.partial();
        if (partial != null) {
            out.atom(" PARTIAL (" + partial.from() + ":" + partial.to() + " ");
            UidSet part = partial.of(found);
            (part.isEmpty() ? out.nil() : out.uidSet(part)).raw(')');
        }
        if (returns.contains(SearchReturn.COUNT)) {
            out.atom(" COUNT ").number(found.size());
        }
        if (highest != null) {
            out.atom(" MODSEQ ").number(highest.value());
        }
        out.crlf();
    }
}
