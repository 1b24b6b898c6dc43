package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Optional;
import org.apache.james.mime4j.util.CharsetUtil;

/** Charsets as mail names them, and what to do when it does not or the name is not known. */
final class Charsets {
    private Charsets() {}

    /** {@return the charset of that name; none for US-ASCII too, which so often says less than is there} */
    static Optional<Charset> named(String name) {
        if (name.isEmpty() || name.equalsIgnoreCase("us-ascii")) {
            return Optional.empty();
        }
        if (name.equalsIgnoreCase("utf-8")) {
            return Optional.of(UTF_8);
        }
        Charset charset = CharsetUtil.lookup(name);
        return charset == null || charset.equals(US_ASCII) ? Optional.empty() : Optional.of(charset);
    }

    /** The text of octets in the charset of that name; what cannot be decoded is U+FFFD. */
    static String decode(byte[] octets, String name) {
        if (octets.length == 0) {
            return "";
        }
        Optional<Charset> charset = named(name);
        return charset.isPresent()
                ? new String(octets, charset.get())
                : decodeUnnamed(ByteBuffer.wrap(octets)).toString();
    }

    /** The text of octets that are UTF-8, if they can be, and else ISO 8859-1. */
    static CharBuffer decodeUnnamed(ByteBuffer octets) {
        ByteBuffer again = octets.duplicate();
        try {
            return UTF_8.newDecoder().decode(octets);
        } catch (CharacterCodingException broken) {
            return ISO_8859_1.decode(again);
        }
    }
}
