package heddle.protocol.wire;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What a client sends, as a stream; each character of the text is one octet. */
public final class TestClient {
    private TestClient() {}

    /** All of it at once. */
    public static InputStream sends(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** One octet at a time, as a slow network has it. */
    public static InputStream dribbles(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1));
            }
        };
    }

    /** A reader that has begun a line; it ends with a line end, which need not be written. */
    static WireReader line(String text) {
        return line(text, WireLimits.AUTHENTICATED);
    }

    static WireReader line(String text, WireLimits limits) {
        var reader = new WireReader(sends(text + "\r\n"), limits, () -> {});
        try {
            reader.beginLine();
        } catch (java.io.IOException impossible) {
            throw new java.io.UncheckedIOException(impossible);
        }
        return reader;
    }
}
