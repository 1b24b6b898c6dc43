package heddle.protocol.command;

import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code COMPRESS DEFLATE}: everything behind the answer is compressed (RFC 4978 §3). */
public record CompressCommand() implements Command.Authenticated {
    /** {@code compress = "COMPRESS" SP "DEFLATE"}. */
    static CompressCommand read(WireReader in) throws IOException {
        in.space();
        String algorithm = in.word();
        if (!algorithm.equals("DEFLATE")) {
            throw new SyntaxException("unknown compression " + algorithm);
        }
        return new CompressCommand();
    }
}
