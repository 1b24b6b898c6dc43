package heddle.protocol.command;

import heddle.protocol.command.AppendMessage.Form;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The messages of one APPEND, read from the wire one after the other (RFC 3502), or the one of a REPLACE. */
public final class AppendMessages {
    private final WireReader in;
    private final boolean mayHaveMore;
    private @Nullable AppendMessage first;
    private boolean isParenthesized;
    private boolean ended;

    private AppendMessages(WireReader in, AppendMessage first, boolean mayHaveMore) {
        this.in = in;
        this.first = first;
        this.mayHaveMore = mayHaveMore;
    }

    static AppendMessages several(WireReader in, AppendMessage first) {
        return new AppendMessages(in, first, true);
    }

    static AppendMessages one(WireReader in, AppendMessage only) {
        return new AppendMessages(in, only, false);
    }

    /**
     * Reads on to the next message; the literal of the one before must have been read to its end.
     *
     * @return empty when the command has ended; the whole line is read only then
     */
    public Optional<AppendMessage> next() throws IOException {
        AppendMessage message = first;
        if (message != null) {
            first = null;
            return begun(message);
        }
        if (ended) {
            return Optional.empty();
        }
        if (isParenthesized) {
            in.expect(')');
        }
        if (mayHaveMore && in.take(' ')) {
            return begun(AppendMessage.read(in));
        }
        in.crlf();
        ended = true;
        return Optional.empty();
    }

    private Optional<AppendMessage> begun(AppendMessage message) {
        isParenthesized = message.form() == Form.UTF8;
        return Optional.of(message);
    }
}
