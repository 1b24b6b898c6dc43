package heddle.protocol.command;

import heddle.protocol.Capability;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ENABLE} (RFC 5161 §3.1).
 *
 * @param capabilities also those that the server does not know or that need not be enabled
 */
public record EnableCommand(List<Capability> capabilities) implements Command.Authenticated {
    public EnableCommand {
        capabilities = List.copyOf(capabilities);
    }

    /** {@code enable = "ENABLE" 1*(SP capability)}. */
    static EnableCommand read(WireReader in) throws IOException {
        var capabilities = new ArrayList<Capability>();
        in.space();
        do {
            in.countElement();
            capabilities.add(new Capability(in.atom()));
        } while (in.take(' '));
        return new EnableCommand(capabilities);
    }
}
