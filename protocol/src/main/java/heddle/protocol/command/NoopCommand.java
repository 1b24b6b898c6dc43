package heddle.protocol.command;

/** {@code NOOP}: is there news? (RFC 3501 §6.1.2). */
public record NoopCommand() implements Command.AnyState {}
