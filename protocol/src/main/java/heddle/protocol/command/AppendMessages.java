package heddle.protocol.command;

import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The messages of one APPEND, read from the wire one after the other (RFC 3502). */
public final class AppendMessages {
    private final WireReader in;
    private @Nullable AppendMessage first;
    private boolean ended;

    AppendMessages(WireReader in, AppendMessage first) {
        this.in = in;
        this.first = first;
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
            return Optional.of(message);
        }
        if (ended) {
            return Optional.empty();
        }
        if (in.take(' ')) {
            return Optional.of(AppendMessage.read(in));
        }
        in.crlf();
        ended = true;
        return Optional.empty();
    }
}
