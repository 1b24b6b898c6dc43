package heddle.protocol.command;

import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code ID}: what the client says of itself, for the log only (RFC 2971 §3.1).
 *
 * @param fields in the order in which they came; those that are NIL are left out
 */
public record IdCommand(Map<String, String> fields) implements Command.AnyState {
    public IdCommand {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** {@code id = "ID" SP (nil / "(" [string SP nstring *(SP string SP nstring)] ")")}. */
    static IdCommand read(WireReader in) throws IOException {
        in.space();
        var fields = new LinkedHashMap<String, String>();
        if (in.peek('(')) {
            in.list(() -> {
                String field = WireReader.decode(in.string(), StandardCharsets.UTF_8);
                in.space();
                byte[] value = in.nstring();
                if (value != null) {
                    fields.put(field, WireReader.decode(value, StandardCharsets.UTF_8));
                }
                return field;
            });
        } else if (!in.word().equals("NIL")) {
            throw new SyntaxException("a list or NIL is expected");
        }
        return new IdCommand(fields);
    }
}
