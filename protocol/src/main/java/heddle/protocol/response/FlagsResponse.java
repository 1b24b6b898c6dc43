package heddle.protocol.response;

import heddle.protocol.Flag;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/** {@code FLAGS}: the flags that are known in the selected mailbox (RFC 3501 §7.2.6). */
public record FlagsResponse(List<Flag> flags) implements Response {
    public FlagsResponse {
        flags = List.copyOf(flags);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* FLAGS (");
        write(out, flags);
        out.raw(')').crlf();
    }

    /** The flags without their parentheses. */
    static void write(WireWriter out, List<Flag> flags) throws IOException {
        String before = "";
        for (Flag flag : flags) {
            out.atom(before).atom(flag.wire());
            before = " ";
        }
    }
}
