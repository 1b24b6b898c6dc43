package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * {@code + …}: the client may go on (RFC 3501 §7.5).
 *
 * @param text for people, or base64
 */
public record ContinuationResponse(String text) implements Response {
    /** {@return the question of a SASL mechanism to the client} */
    public static ContinuationResponse challenge(byte[] challenge) {
        return new ContinuationResponse(new String(Base64.getEncoder().encode(challenge), StandardCharsets.ISO_8859_1));
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.raw('+').space().text(text).crlf();
    }
}
