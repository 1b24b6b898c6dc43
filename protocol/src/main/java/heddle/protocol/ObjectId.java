package heddle.protocol;

import java.util.Optional;

/**
 * Name of a mailbox, of the content of a message, or of a conversation, that stays whatever happens to it (RFC 8474).
 *
 * @param number any; what has the same kind and number is the same
 */
public record ObjectId(Kind kind, long number) {
    /** What is named. */
    public enum Kind {
        /** MAILBOXID (§4). */
        MAILBOX('F'),
        /** EMAILID (§5.1). */
        EMAIL('M'),
        /** THREADID (§5.2). */
        THREAD('T');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }
    }

    /** {@return as it is written on the wire: a letter first, so that the three never meet (§8.1)} */
    public String wire() {
        return kind.letter + Long.toHexString(number);
    }

    /** {@return the one of this kind that is written so; empty when it is none of ours} */
    public static Optional<ObjectId> parse(Kind kind, String wire) {
        if (wire.isEmpty() || wire.charAt(0) != kind.letter) {
            return Optional.empty();
        }
        try {
            var id = new ObjectId(kind, Long.parseUnsignedLong(wire, 1, wire.length(), 16));
            return id.wire().equals(wire) ? Optional.of(id) : Optional.empty();
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }
}
