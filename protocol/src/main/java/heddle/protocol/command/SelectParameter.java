package heddle.protocol.command;

import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** What a client says beside the name of a mailbox that it selects (RFC 4466 §2.1). */
public sealed interface SelectParameter {
    /** {@code CONDSTORE}: modseqs are told from now on (RFC 7162 §3.1.8). */
    record Condstore() implements SelectParameter {}

    /** {@code select-param = "CONDSTORE"}. */
    static SelectParameter read(WireReader in) throws IOException {
        String name = in.word();
        return switch (name) {
            case "CONDSTORE" -> new Condstore();
            default -> throw new SyntaxException("unknown SELECT parameter " + name);
        };
    }
}
