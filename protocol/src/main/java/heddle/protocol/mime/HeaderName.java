package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** The name of a header field (RFC 5322 §2.2), which letter case does not tell apart. */
final class HeaderName {
    private HeaderName() {}

    /** {@return where the colon after the name stands, or -1 when the line is no header field} */
    static int colon(byte[] field, int from, int to) {
        for (int i = from; i < to; i++) {
            byte octet = field[i];
            if (octet == ':') {
                return i > from ? i : -1;
            }
            if (octet <= ' ') {
                // "Subject : x" was allowed once (RFC 5322 §4.5).
                int next = i;
                while (next < to && (field[next] == ' ' || field[next] == '\t')) {
                    next++;
                }
                return i > from && next > i && next < to && field[next] == ':' ? next : -1;
            }
        }
        return -1;
    }

    /** {@return where the name ends that the colon follows} */
    static int end(byte[] field, int from, int colon) {
        int end = colon;
        while (end > from && (field[end - 1] == ' ' || field[end - 1] == '\t')) {
            end--;
        }
        return end;
    }

    static String lowerCase(byte[] field, int from, int to) {
        var name = new byte[to - from];
        for (int i = from; i < to; i++) {
            name[i - from] = lowerCase(field[i]);
        }
        return new String(name, ISO_8859_1);
    }

    static byte lowerCase(byte octet) {
        return octet >= 'A' && octet <= 'Z' ? (byte) (octet + ('a' - 'A')) : octet;
    }
}
