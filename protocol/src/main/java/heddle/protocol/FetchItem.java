package heddle.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something FETCH can ask of a message (RFC 3501 §6.4.5, RFC 3516 §4.2). */
public sealed interface FetchItem {
    /** Those that have only a name. The macros ALL, FAST and FULL never get here: they are read as what they stand for. */
    enum Attribute implements FetchItem {
        BODY("BODY"),
        BODYSTRUCTURE("BODYSTRUCTURE"),
        /** RFC 8474 §5.1. */
        EMAILID("EMAILID"),
        ENVELOPE("ENVELOPE"),
        FLAGS("FLAGS"),
        INTERNALDATE("INTERNALDATE"),
        /** RFC 7162 §3.1.4.2. */
        MODSEQ("MODSEQ"),
        /** RFC 8970, with or without LAZY: previews are at hand. */
        PREVIEW("PREVIEW"),
        RFC822("RFC822"),
        RFC822_HEADER("RFC822.HEADER"),
        RFC822_SIZE("RFC822.SIZE"),
        RFC822_TEXT("RFC822.TEXT"),
        /** RFC 8514 §4.2. */
        SAVEDATE("SAVEDATE"),
        /** RFC 8474 §5.2. */
        THREADID("THREADID"),
        UID("UID");

        private final String wire;

        Attribute(String wire) {
            this.wire = wire;
        }

        /** As it is written on the wire. */
        public String wire() {
            return wire;
        }
    }

    /** Whether reading a message counts as having seen it. */
    enum Reading {
        SETS_SEEN,
        PEEK
    }

    /**
     * {@code BODY[section]<partial>} or {@code BODY.PEEK[section]<partial>}.
     *
     * @param partial null for all of the section
     */
    record BodySection(Section section, @Nullable Partial partial, Reading reading) implements FetchItem {}

    /**
     * {@code BINARY[part]<partial>} or {@code BINARY.PEEK[part]<partial>}: a part's body, transfer encoding undone.
     *
     * @param part numbers of the body parts from the outermost inwards; empty for the whole message
     * @param partial null for all of it
     */
    record Binary(List<Long> part, @Nullable Partial partial, Reading reading) implements FetchItem {
        public Binary {
            part = List.copyOf(part);
        }
    }

    /**
     * {@code BINARY.SIZE[part]}: how many octets {@link Binary} would send.
     *
     * @param part numbers of the body parts from the outermost inwards; empty for the whole message
     */
    record BinarySize(List<Long> part) implements FetchItem {
        public BinarySize {
            part = List.copyOf(part);
        }
    }

    /** Whether answering it sets {@code \Seen}, unless the mailbox is selected by EXAMINE. */
    default boolean setsSeen() {
        return switch (this) {
            case Attribute attribute -> attribute == Attribute.RFC822 || attribute == Attribute.RFC822_TEXT;
            case BodySection body -> body.reading == Reading.SETS_SEEN;
            case Binary binary -> binary.reading == Reading.SETS_SEEN;
            case BinarySize _ -> false;
        };
    }
}
