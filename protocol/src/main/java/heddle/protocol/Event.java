package heddle.protocol;

import java.util.Optional;

/** What NOTIFY can tell a client of (RFC 5465 §5). Those that the RFC leaves to other extensions are not among them. */
public enum Event {
    MESSAGE_NEW("MessageNew"),
    MESSAGE_EXPUNGE("MessageExpunge"),
    FLAG_CHANGE("FlagChange"),
    MAILBOX_NAME("MailboxName"),
    SUBSCRIPTION_CHANGE("SubscriptionChange");

    private final String wire;

    Event(String wire) {
        this.wire = wire;
    }

    /** As it is written on the wire. */
    public String wire() {
        return wire;
    }

    /** Whether it happens to messages, and so in the selected mailbox, too. */
    public boolean isOfMessages() {
        return this == MESSAGE_NEW || this == MESSAGE_EXPUNGE || this == FLAG_CHANGE;
    }

    /** {@return the event of this name, letter case ignored} */
    public static Optional<Event> of(String wire) {
        for (Event event : values()) {
            if (event.wire.equalsIgnoreCase(wire)) {
                return Optional.of(event);
            }
        }
        return Optional.empty();
    }
}
