package heddle.protocol;

import java.util.Optional;

/** What a mailbox is for (RFC 6154 §2, RFC 8457 §4). */
public enum SpecialUse {
    ALL("\\All"),
    ARCHIVE("\\Archive"),
    DRAFTS("\\Drafts"),
    FLAGGED("\\Flagged"),
    IMPORTANT("\\Important"),
    JUNK("\\Junk"),
    SENT("\\Sent"),
    TRASH("\\Trash");

    private final String wire;

    SpecialUse(String wire) {
        this.wire = wire;
    }

    /** As it is written on the wire, backslash included. */
    public String wire() {
        return wire;
    }

    /** {@return the use of this spelling, letter case ignored} */
    public static Optional<SpecialUse> of(String wire) {
        for (SpecialUse use : values()) {
            if (use.wire.equalsIgnoreCase(wire)) {
                return Optional.of(use);
            }
        }
        return Optional.empty();
    }
}
