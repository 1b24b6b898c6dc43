package heddle.protocol.command;

import heddle.protocol.Flag;
import heddle.protocol.wire.Literal;
import heddle.protocol.wire.SyntaxException;
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
 * @param form how the client announces the message
 * @param internalDate null when the client leaves the date to the server
 * @param message still on the wire until the handler opens it; when it is empty the client has changed its mind, and
 *     nothing at all is appended (RFC 3502 §6.3.11)
 */
public record AppendMessage(
        Form form, Set<Flag> flags, @Nullable OffsetDateTime internalDate, Literal message) {
    /** Whether the client says of the header that it is not only US-ASCII. */
    public enum Form {
        PLAIN,
        /** In {@code UTF8 (…)} (RFC 6855 §4). */
        UTF8
    }

    public AppendMessage {
        flags = Collections.unmodifiableSet(new LinkedHashSet<>(flags)); // in their order, in which keywords get known
    }

    /**
     * {@code append-message = [flag-list SP] [date-time SP] (literal / literal8 / "UTF8" SP "(" literal8 ")")}; what closes
     * the last form is left to {@link AppendMessages}.
     */
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
        if (!in.peekLetter()) {
            return new AppendMessage(Form.PLAIN, flags, internalDate, in.literal());
        }
        if (!in.word().equals("UTF8")) {
            throw new SyntaxException("a literal or UTF8 is expected");
        }
        in.space();
        in.expect('(');
        if (!in.peek('~')) {
            throw new SyntaxException("UTF8 takes a literal8");
        }
        return new AppendMessage(Form.UTF8, flags, internalDate, in.literal());
    }
}
