package heddle.protocol.command;

import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.PartialRange;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Which of the messages that a FETCH names it is about (RFC 4466 §2.4).
 *
 * @param changedSince only those that have changed after it (RFC 7162 §3.1.4.1); null: all
 * @param partial only those at these positions, before any other modifier counts (RFC 9394 §3.3); null: all
 * @param gone whether those that are gone since then are told, too
 */
public record FetchModifiers(
        @Nullable ModSeq changedSince, @Nullable PartialRange partial, Gone gone) {
    /** All messages. */
    public static final FetchModifiers NONE = new FetchModifiers(null, null, Gone.LEFT_OUT);

    /** What is told of messages that are no longer there (RFC 7162 §3.2.6). */
    public enum Gone {
        /** Nothing. */
        LEFT_OUT,
        /** {@code VANISHED}: their UIDs. */
        TOLD
    }

    /** {@code "(" fetch-modifier *(SP fetch-modifier) ")"}. */
    static FetchModifiers read(WireReader in, Numbering numbering) throws IOException {
        in.expect('(');
        return readRest(in, numbering, in.word());
    }

    /** The list of modifiers, of which the first word has been read. */
    static FetchModifiers readRest(WireReader in, Numbering numbering, String first) throws IOException {
        var reading = new Reading();
        reading.modifier(in, first);
        while (in.take(' ')) {
            in.countElement();
            reading.modifier(in, in.word());
        }
        in.expect(')');
        if (reading.gone == Gone.TOLD && (numbering != Numbering.UID || reading.changedSince == null)) {
            throw new SyntaxException("VANISHED belongs to CHANGEDSINCE in a UID FETCH");
        }
        if (reading.partial != null && numbering != Numbering.UID) {
            throw new SyntaxException("PARTIAL belongs to UID FETCH");
        }
        return new FetchModifiers(reading.changedSince, reading.partial, reading.gone);
    }

    /** The modifiers read so far. */
    private static final class Reading {
        private @Nullable ModSeq changedSince;
        private @Nullable PartialRange partial;
        private Gone gone = Gone.LEFT_OUT;

        private void modifier(WireReader in, String name) throws IOException {
            switch (name) {
                case "CHANGEDSINCE" -> {
                    in.space();
                    changedSince = in.modSeq();
                }
                case "PARTIAL" -> {
                    in.space();
                    partial = in.partialRange();
                }
                case "VANISHED" -> gone = Gone.TOLD;
                default -> throw new SyntaxException("unknown FETCH modifier " + name);
            }
        }
    }
}
