package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.james.mime4j.stream.NameValuePair;
import org.apache.james.mime4j.stream.ParserCursor;
import org.apache.james.mime4j.stream.RawBody;
import org.apache.james.mime4j.stream.RawFieldParser;
import org.apache.james.mime4j.util.ByteSequence;

/**
 * A value with parameters, as in {@code Content-Type} and {@code Content-Disposition} (RFC 2045 §5.1), read by mime4j.
 *
 * @param value in upper case
 * @param parameters with names in upper case and values with one character per octet; one that was continued over
 *     several (RFC 2231 §3) is whole again, and still encoded, with a {@code *} behind its name, if a piece of it was
 */
record MediaField(String value, List<Parameter> parameters) {
    record Parameter(String name, String value) {}

    /** Of a longer field only the front is read. */
    private static final int LONGEST = 64 << 10;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    static MediaField read(byte[] field, int from, int to) {
        var octets = new Octets(field, from, Math.min(to - from, LONGEST));
        RawBody body = RawFieldParser.DEFAULT.parseRawBody(octets, new ParserCursor(0, octets.length()));
        String value = body.getValue() == null ? "" : octets(body.getValue()).toUpperCase(Locale.ROOT);
        return new MediaField(value, body.getParams().isEmpty() ? List.of() : join(body.getParams()));
    }

    /** {@return the value of the parameter of that name, which is in upper case, or the empty string} */
    String parameter(String name) {
        for (Parameter parameter : parameters) {
            if (parameter.name.equals(name)) {
                return parameter.value;
            }
        }
        return "";
    }

    /** Puts pieces together: {@code name*0}, {@code name*1*}, in the order of their numbers. */
    private static List<Parameter> join(List<NameValuePair> pairs) {
        var whole = new ArrayList<Parameter>(pairs.size());
        Map<String, Map<Integer, NameValuePair>> pieces = new LinkedHashMap<>();
        for (NameValuePair pair : pairs) {
            if (pair.getName() == null || pair.getName().isBlank()) {
                continue;
            }
            String name = octets(pair.getName()).toUpperCase(Locale.ROOT);
            int star = name.indexOf('*');
            int number = star <= 0 ? -1 : number(name, star + 1);
            if (number < 0) {
                whole.add(new Parameter(name, octets(pair.getValue() == null ? "" : pair.getValue())));
            } else {
                pieces.computeIfAbsent(name.substring(0, star), _ -> new TreeMap<>())
                        .putIfAbsent(number, pair);
            }
        }
        pieces.forEach((name, numbered) -> whole.add(join(name, List.copyOf(numbered.values()))));
        return whole;
    }

    private static Parameter join(String name, List<NameValuePair> pieces) {
        boolean isEncoded = pieces.stream().anyMatch(piece -> piece.getName().endsWith("*"));
        var value = new StringBuilder();
        for (NameValuePair piece : pieces) {
            String text = octets(piece.getValue() == null ? "" : piece.getValue());
            value.append(isEncoded && !piece.getName().endsWith("*") ? percentEncoded(text) : text);
        }
        if (!isEncoded) {
            return new Parameter(name, value.toString());
        }
        if (!pieces.getFirst().getName().endsWith("*")) {
            value.insert(0, "''"); // a charset and a language must come first
        }
        return new Parameter(name + "*", value.toString());
    }

    /** {@return the number in {@code 12} or {@code 12*}, or -1} */
    private static int number(String name, int from) {
        int end = name.endsWith("*") ? name.length() - 1 : name.length();
        if (end <= from || end - from > 4) {
            return -1;
        }
        for (int i = from; i < end; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return -1;
            }
        }
        return Integer.parseInt(name, from, end, 10);
    }

    private static String percentEncoded(String text) {
        var encoded = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > ' ' && c < 0x7f && "*'%()<>@,;:\\\"/[]?=".indexOf(c) < 0) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HEX.toHexDigits((byte) c));
            }
        }
        return encoded.toString();
    }

    /** mime4j reads 8-bit values as UTF-8. */
    private static String octets(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                return new String(text.getBytes(UTF_8), ISO_8859_1);
            }
        }
        return text;
    }

    /** A part of an array, as mime4j wants it. */
    private static final class Octets implements ByteSequence {
        private final byte[] array;
        private final int offset;
        private final int length;

        Octets(byte[] array, int offset, int length) {
            this.array = array;
            this.offset = offset;
            this.length = length;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public byte byteAt(int index) {
            return array[offset + index];
        }

        @Override
        public byte[] toByteArray() {
            return Arrays.copyOfRange(array, offset, offset + length);
        }
    }
}
