package heddle.protocol.sasl;

import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.nio.charset.StandardCharsets;

/** {@code PLAIN}: all in one message, and all in the clear (RFC 4616). */
public final class SaslPlain implements SaslMechanism {
    @Override
    public String name() {
        return "PLAIN";
    }

    /** {@code message = [authzid] UTF8NUL authcid UTF8NUL passwd}; no NUL within the three, the last two not empty. */
    @Override
    public SaslStep step(byte[] response) {
        String message = WireReader.decode(response, StandardCharsets.UTF_8);
        int first = message.indexOf(0);
        int second = message.indexOf(0, first + 1);
        if (first < 0 || second < 0 || message.indexOf(0, second + 1) >= 0) {
            throw new SyntaxException("a PLAIN message has three fields");
        }
        String password = message.substring(second + 1);
        if (password.isEmpty()) {
            throw new SyntaxException("the password is empty");
        }
        return new SaslStep.Unverified(
                new PlainCredentials(message.substring(0, first), message.substring(first + 1, second), password));
    }
}
