package heddle.protocol.command;

/** {@code UNAUTHENTICATE}: as if nobody had logged in (RFC 8437 §3). */
public record UnauthenticateCommand() implements Command.Authenticated {}
