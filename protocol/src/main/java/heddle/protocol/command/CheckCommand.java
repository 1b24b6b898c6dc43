package heddle.protocol.command;

/** {@code CHECK}: a checkpoint of the mailbox (RFC 3501 §6.4.1). */
public record CheckCommand() implements Command.Selected {}
