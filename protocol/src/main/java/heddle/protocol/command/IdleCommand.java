package heddle.protocol.command;

/** {@code IDLE}: news as they come, until the client sends DONE, which {@link CommandReader#idleDone()} reads (RFC 2177 §3). */
public record IdleCommand() implements Command.Authenticated {}
