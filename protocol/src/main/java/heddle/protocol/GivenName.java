package heddle.protocol;

import java.util.Optional;

/**
 * A mailbox name as a client gave it.
 *
 * @param name the mailbox that is meant
 * @param given as the client wrote it, decoded
 */
public record GivenName(MailboxName name, String given) {
    /** {@return what the client calls it; empty when that is its name (RFC 9051 §6.3.9.7)} */
    public Optional<String> alias() {
        return name.value().equals(given) ? Optional.empty() : Optional.of(given);
    }
}
