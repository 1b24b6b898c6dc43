package heddle.protocol.command;

/** {@code LOGOUT} (RFC 3501 §6.1.3). */
public record LogoutCommand() implements Command.AnyState {}
