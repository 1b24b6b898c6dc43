package heddle.protocol;

import java.util.Optional;

/** What STATUS can tell of a mailbox (RFC 3501 §6.3.10, RFC 9051 §6.3.11, RFC 8438, RFC 7889, RFC 7162, RFC 8474). The names are those of the wire. */
public enum StatusItem {
    MESSAGES,
    RECENT,
    UIDNEXT,
    UIDVALIDITY,
    UNSEEN,
    /** RFC 9051 §6.3.11. */
    DELETED,
    SIZE,
    /** RFC 7162 §3.1.7. */
    HIGHESTMODSEQ,
    /** RFC 8474 §4.3. */
    MAILBOXID,
    APPENDLIMIT;

    /** {@return the item of this name, letter case ignored} */
    public static Optional<StatusItem> of(String wire) {
        for (StatusItem item : values()) {
            if (item.name().equalsIgnoreCase(wire)) {
                return Optional.of(item);
            }
        }
        return Optional.empty();
    }
}
