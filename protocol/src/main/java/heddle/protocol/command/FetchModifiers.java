package heddle.protocol.command;

import heddle.protocol.ModSeq;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Which of the messages that a FETCH names it is about (RFC 4466 §2.4).
 *
 * @param changedSince only those that have changed after it (RFC 7162 §3.1.4.1); null: all
 */
public record FetchModifiers(@Nullable ModSeq changedSince) {
    /** All messages. */
    public static final FetchModifiers NONE = new FetchModifiers(null);

    /** {@code "(" fetch-modifier *(SP fetch-modifier) ")"}. */
    static FetchModifiers read(WireReader in) throws IOException {
        var reading = new Reading();
        in.nonEmptyList(() -> reading.modifier(in));
        return new FetchModifiers(reading.changedSince);
    }

    /** The modifiers read so far. */
    private static final class Reading {
        private @Nullable ModSeq changedSince;

        private Reading modifier(WireReader in) throws IOException {
            String name = in.word();
            switch (name) {
                case "CHANGEDSINCE" -> {
                    in.space();
                    changedSince = in.modSeq();
                }
                default -> throw new SyntaxException("unknown FETCH modifier " + name);
            }
            return this;
        }
    }
}
