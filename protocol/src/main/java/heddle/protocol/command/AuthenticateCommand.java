package heddle.protocol.command;

import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code AUTHENTICATE}: a SASL exchange (RFC 3501 §6.2.2), whose further lines {@link CommandReader#saslResponse()}
 * reads.
 *
 * @param mechanism its name, in upper case
 * @param initialResponse null when the client waits for a challenge first (RFC 4959)
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
public record AuthenticateCommand(String mechanism, byte @Nullable [] initialResponse)
        implements Command.NotAuthenticated {
    public AuthenticateCommand(String mechanism, byte @Nullable [] initialResponse) {
        this.mechanism = mechanism;
        this.initialResponse = initialResponse == null ? null : initialResponse.clone();
    }

    /** {@code authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]}. */
    static AuthenticateCommand read(WireReader in) throws IOException {
        in.space();
        String mechanism = in.word();
        if (!in.take(' ')) {
            return new AuthenticateCommand(mechanism, null);
        }
        return new AuthenticateCommand(mechanism, in.take('=') ? new byte[0] : in.base64());
    }

    @Override
    public byte @Nullable [] initialResponse() {
        return initialResponse == null ? null : initialResponse.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AuthenticateCommand(String otherMechanism, byte[] otherResponse)
                && mechanism.equals(otherMechanism)
                && Arrays.equals(initialResponse, otherResponse);
    }

    @Override
    public int hashCode() {
        return mechanism.hashCode();
    }

    /** Without the response, which may hold a password: this may get into a log. */
    @Override
    public String toString() {
        return "AuthenticateCommand[mechanism=" + mechanism + "]";
    }
}
