package heddle.protocol.command;

/** {@code CAPABILITY}: what the server can do (RFC 3501 §6.1.1). */
public record CapabilityCommand() implements Command.AnyState {}
