package heddle.protocol.command;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code STORE} or {@code UID STORE}: changes flags (RFC 3501 §6.4.6).
 *
 * @param unchangedSince spares messages that have changed after it (RFC 7162 §3.1.3); null: changes all
 */
public record StoreCommand(
        Numbering numbering,
        SequenceSet messages,
        @Nullable ModSeq unchangedSince,
        Change change,
        Answer answer,
        Set<Flag> flags)
        implements Command.Selected {
    /** What is done with the flags given. */
    public enum Change {
        /** {@code FLAGS}: the messages carry these and no others. */
        REPLACE,
        /** {@code +FLAGS}. */
        ADD,
        /** {@code -FLAGS}. */
        REMOVE
    }

    /** What the client is told of the new flags. */
    public enum Answer {
        /** The flags of each message, as FETCH would. */
        FLAGS,
        /** {@code .SILENT}: nothing. */
        SILENT
    }

    public StoreCommand {
        flags = Collections.unmodifiableSet(new LinkedHashSet<>(flags)); // in their order, in which keywords get known
    }

    /**
     * {@code store = "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"] SP ["+" / "-"] "FLAGS"
     * [".SILENT"] SP (flag-list / (flag *(SP flag)))}.
     */
    static StoreCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet messages = in.sequenceSet();
        in.space();
        @Nullable ModSeq unchangedSince = null;
        if (in.take('(')) {
            unchangedSince = unchangedSince(in);
            in.expect(')');
            in.space();
        }
        var change = Change.REPLACE;
        if (in.take('+')) {
            change = Change.ADD;
        } else if (in.take('-')) {
            change = Change.REMOVE;
        }
        String item = in.word();
        Answer answer =
                switch (item) {
                    case "FLAGS" -> Answer.FLAGS;
                    case "FLAGS.SILENT" -> Answer.SILENT;
                    default -> throw new SyntaxException("unknown STORE item " + item);
                };
        in.space();
        return new StoreCommand(numbering, messages, unchangedSince, change, answer, in.storeFlags());
    }

    private static ModSeq unchangedSince(WireReader in) throws IOException {
        String modifier = in.word();
        if (!modifier.equals("UNCHANGEDSINCE")) {
            throw new SyntaxException("unknown STORE modifier " + modifier);
        }
        in.space();
        return in.modSeq();
    }
}
