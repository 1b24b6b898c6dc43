package heddle.protocol.command;

import heddle.protocol.Flag;
import heddle.protocol.wire.Literal;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One message of an APPEND.
 *
 * @param internalDate null when the client leaves the date to the server
 * @param message still on the wire until the handler opens it; when it is empty the client has changed its mind, and
 *     nothing at all is appended (RFC 3502 §6.3.11)
 */
public record AppendMessage(Set<Flag> flags, @Nullable OffsetDateTime internalDate, Literal message) {
    public AppendMessage {
        flags = Collections.unmodifiableSet(new LinkedHashSet<>(flags)); // in their order, in which keywords get known
    }

    /** {@code append-message = [flag-list SP] [date-time SP] (literal / literal8)}. */
    static AppendMessage read(WireReader in) throws IOException {
        in.countElement();
        Set<Flag> flags = Set.of();
        if (in.peek('(')) {
            flags = in.flagList();
            in.space();
        }
        OffsetDateTime internalDate = null;
        if (in.peek('"')) {
            internalDate = in.dateTime();
            in.space();
        }
        return new AppendMessage(flags, internalDate, in.literal());
    }
}
