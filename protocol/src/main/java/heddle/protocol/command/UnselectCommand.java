package heddle.protocol.command;

/** {@code UNSELECT}: leaves the mailbox, expunges nothing (RFC 3691 §2). */
public record UnselectCommand() implements Command.Selected {}
