package heddle.protocol.mime;

import java.io.IOException;
import java.io.InputStream;

/** Undoes the content transfer encoding of a body (RFC 2045 §6), for BINARY (RFC 3516) and for SEARCH. */
public final class TransferDecoding {
    private TransferDecoding() {}

    /** Whether an encoding, as in {@link MessagePart#encoding}, is one of RFC 2045's. */
    public static boolean isKnown(String encoding) {
        return switch (encoding) {
            case "7bit", "8bit", "binary", "base64", "quoted-printable" -> true;
            default -> false;
        };
    }

    /**
     * The decoded octets, as they are read. Broken encodings are read as far as they make sense.
     *
     * @param encoding as in {@link MessagePart#encoding}
     * @throws IllegalArgumentException when it is not {@linkplain #isKnown known}
     */
    public static InputStream decode(InputStream raw, String encoding) {
        return switch (encoding) {
            case "7bit", "8bit", "binary" -> raw;
            case "base64" -> new Base64Decoder(raw);
            case "quoted-printable" -> new QuotedPrintableDecoder(raw);
            default -> throw new IllegalArgumentException("unknown content transfer encoding: " + encoding);
        };
    }

    /**
     * What can be said of a decoded body before it is sent.
     *
     * @param size octets
     * @param hasNul whether a string cannot hold it
     */
    public record Measure(long size, boolean hasNul) {}

    /**
     * {@return how large the decoded body is, and what is in it}
     *
     * @throws IllegalArgumentException when the encoding is not {@linkplain #isKnown known}
     */
    public static Measure measure(InputStream raw, String encoding) throws IOException {
        InputStream decoded = decode(raw, encoding);
        var block = new byte[8192];
        long size = 0;
        boolean hasNul = false;
        for (int count = decoded.read(block); count >= 0; count = decoded.read(block)) {
            size += count;
            for (int i = 0; i < count && !hasNul; i++) {
                hasNul = block[i] == 0;
            }
        }
        return new Measure(size, hasNul);
    }
}
