package heddle.protocol;

import java.util.List;

/**
 * A piece of a message (RFC 3501 §6.4.5 and §9 {@code section}).
 *
 * @param part numbers of the body parts from the outermost inwards; empty for the message itself
 * @param kind what of that part
 * @param fields names of header fields, as the client wrote them; empty unless {@code kind} speaks of fields
 */
public record Section(List<Long> part, Kind kind, List<String> fields) {
    /** The whole message: {@code BODY[]}. */
    public static final Section WHOLE = new Section(List.of(), Kind.WHOLE, List.of());

    /** Which bytes of a part a section means. */
    public enum Kind {
        /** All of the message, or all of the part's body. */
        WHOLE(""),
        /** The header of the message or of a {@code message/rfc822} part, with the empty line after it. */
        HEADER("HEADER"),
        /** Only the named fields of that header, and the empty line. */
        HEADER_FIELDS("HEADER.FIELDS"),
        /** All but the named fields of that header, and the empty line. */
        HEADER_FIELDS_NOT("HEADER.FIELDS.NOT"),
        /** What follows that header. */
        TEXT("TEXT"),
        /** The MIME header of a part. */
        MIME("MIME");

        private final String wire;

        Kind(String wire) {
            this.wire = wire;
        }

        /** As it is written on the wire; empty for {@link #WHOLE}. */
        public String wire() {
            return wire;
        }

        /** Whether a list of field names belongs to it. */
        public boolean namesFields() {
            return this == HEADER_FIELDS || this == HEADER_FIELDS_NOT;
        }
    }

    /** @throws IllegalArgumentException when the three do not fit together */
    public Section {
        part = List.copyOf(part);
        fields = List.copyOf(fields);
        if (kind.namesFields() == fields.isEmpty()) {
            throw new IllegalArgumentException(kind + " with fields " + fields);
        }
        if (kind == Kind.MIME && part.isEmpty()) {
            throw new IllegalArgumentException("MIME needs a part number");
        }
    }

    /** {@return the section of this kind, which names no fields} */
    public static Section of(List<Long> part, Kind kind) {
        return new Section(part, kind, List.of());
    }
}
