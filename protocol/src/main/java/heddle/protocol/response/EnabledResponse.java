package heddle.protocol.response;

import heddle.protocol.Capability;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/** {@code ENABLED}: what ENABLE has switched on just now (RFC 5161 §3.2). */
public record EnabledResponse(List<Capability> capabilities) implements Response {
    public EnabledResponse {
        capabilities = List.copyOf(capabilities);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ENABLED");
        for (Capability capability : capabilities) {
            out.space().atom(capability.wire());
        }
        out.crlf();
    }
}
