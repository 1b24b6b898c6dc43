package heddle.protocol.command;

/** {@code STARTTLS}: a TLS handshake follows the answer (RFC 3501 §6.2.1). */
public record StartTlsCommand() implements Command.NotAuthenticated {}
