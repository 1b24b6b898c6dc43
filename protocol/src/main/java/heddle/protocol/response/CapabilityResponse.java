package heddle.protocol.response;

import heddle.protocol.Capability;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/** {@code CAPABILITY}: what the server can do in this state of the connection (RFC 3501 §7.2.1). */
public record CapabilityResponse(List<Capability> capabilities) implements Response {
    public CapabilityResponse {
        capabilities = List.copyOf(capabilities);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ");
        write(out, capabilities);
        out.crlf();
    }

    /** {@code capability-data}, which is also a response code. */
    static void write(WireWriter out, List<Capability> capabilities) throws IOException {
        out.atom("CAPABILITY");
        for (Capability capability : capabilities) {
            out.space().atom(capability.wire());
        }
    }
}
