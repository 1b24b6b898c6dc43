package heddle.protocol.command;

/** {@code NAMESPACE}: where mailboxes are (RFC 2342 §5). */
public record NamespaceCommand() implements Command.Authenticated {}
