package heddle.protocol.command;

/** {@code CLOSE}: expunges without telling and leaves the mailbox (RFC 3501 §6.4.2). */
public record CloseCommand() implements Command.Selected {}
