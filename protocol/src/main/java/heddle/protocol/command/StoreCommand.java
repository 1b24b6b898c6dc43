package heddle.protocol.command;

import heddle.protocol.Flag;
import heddle.protocol.Numbering;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Set;

/** {@code STORE} or {@code UID STORE}: changes flags (RFC 3501 §6.4.6). */
public record StoreCommand(Numbering numbering, SequenceSet messages, Change change, Answer answer, Set<Flag> flags)
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
        flags = Set.copyOf(flags);
    }

    /**
     * {@code store = "STORE" SP sequence-set SP ["+" / "-"] "FLAGS" [".SILENT"] SP (flag-list / (flag *(SP flag)))}.
     */
    static StoreCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet messages = in.sequenceSet();
        in.space();
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
        return new StoreCommand(numbering, messages, change, answer, in.storeFlags());
    }
}
