package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.Map;

/**
 * {@code ID}: what the server says of itself (RFC 2971 §3.2).
 *
 * @param fields in the order in which they are sent; empty: {@code NIL}
 */
public record IdResponse(Map<String, String> fields) implements Response {
    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ID ");
        if (fields.isEmpty()) {
            out.nil().crlf();
            return;
        }
        String before = "(";
        for (Map.Entry<String, String> field : fields.entrySet()) {
            out.atom(before).string(field.getKey()).space().string(field.getValue());
            before = " ";
        }
        out.raw(')').crlf();
    }
}
