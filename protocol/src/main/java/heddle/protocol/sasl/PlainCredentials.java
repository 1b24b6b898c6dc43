package heddle.protocol.sasl;

import heddle.protocol.wire.SyntaxException;

/**
 * A name and a password in the clear, which somebody must verify: what PLAIN and LOGIN give.
 *
 * @param authorizationId as whom the client wants to act, prepared; empty: as the one that it is
 * @param authenticationId who it says it is, prepared
 * @param password as the client sent it; {@link ScramSha256Keys} prepares it
 */
public record PlainCredentials(String authorizationId, String authenticationId, String password) {
    /** @throws SyntaxException when a name is one that nobody can have: empty, or forbidden by SASLprep */
    public PlainCredentials {
        authorizationId = prepare(authorizationId);
        authenticationId = prepare(authenticationId);
        if (authenticationId.isEmpty()) {
            throw new SyntaxException("the user name is empty");
        }
    }

    /** Credentials of somebody who acts as who it is. */
    public PlainCredentials(String authenticationId, String password) {
        this("", authenticationId, password);
    }

    private static String prepare(String name) {
        try {
            return Saslprep.prepare(name);
        } catch (IllegalArgumentException forbidden) {
            throw new SyntaxException(String.valueOf(forbidden.getMessage()));
        }
    }

    /** Without the password: this may get into a log. */
    @Override
    public String toString() {
        return "PlainCredentials[authorizationId=" + authorizationId + ", authenticationId=" + authenticationId + "]";
    }
}
