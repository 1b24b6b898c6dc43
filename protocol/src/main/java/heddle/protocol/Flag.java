package heddle.protocol;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A flag that a message can carry permanently (RFC 3501 §2.3.2); {@code \Recent} is not one: it belongs to a session. */
public sealed interface Flag {
    /** As it is written on the wire. */
    String wire();

    /** The flags that RFC 3501 gives a meaning, each with the bit that stands for it in storage. */
    enum Standard implements Flag {
        SEEN(1, "\\Seen"),
        ANSWERED(2, "\\Answered"),
        FLAGGED(4, "\\Flagged"),
        DELETED(8, "\\Deleted"),
        DRAFT(16, "\\Draft");

        private final int bit;
        private final String wire;

        Standard(int bit, String wire) {
            this.bit = bit;
            this.wire = wire;
        }

        @Override
        public String wire() {
            return wire;
        }

        /** {@return a number with one bit set, this flag's own} */
        public int bit() {
            return bit;
        }

        /** {@return the flag of this spelling, letter case ignored} */
        public static Optional<Standard> of(String wire) {
            for (Standard flag : values()) {
                if (flag.wire.equalsIgnoreCase(wire)) {
                    return Optional.of(flag);
                }
            }
            return Optional.empty();
        }
    }

    /** A keyword: an atom that users and clients choose. Two spellings that differ only in letter case are one keyword. */
    record Keyword(String wire) implements Flag {
        /** {@return what keywords are compared by} */
        public String folded() {
            return wire.toLowerCase(Locale.ROOT);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Keyword(String spelling) && spelling.equalsIgnoreCase(wire);
        }

        @Override
        public int hashCode() {
            return folded().hashCode();
        }
    }
}
