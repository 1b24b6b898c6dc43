package heddle.protocol.mime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Decodes base64 (RFC 2045 §6.8) as it is read. Characters outside the alphabet are passed over, also line breaks;
 * padding ends a group of four and not the text, because some mailers join texts.
 *
 * <p>mime4j's decoder was not used: it keeps buffers per thread, and Heddle has a virtual thread per connection.
 */
final class Base64Decoder extends InputStream {
    private static final byte SKIP = -1;
    private static final byte PAD = -2;
    private static final byte[] VALUES = values();

    private final InputStream in;
    private final byte[] encoded = new byte[8192];
    private int position;
    private int limit;

    /** Six bits from each character of a group that is not complete. */
    private int group;

    private int inGroup;

    /** Octets decoded and not yet asked for, at most two, the next one lowest. */
    private int left;

    private int leftCount;

    Base64Decoder(InputStream in) {
        this.in = in;
    }

    private static byte[] values() {
        var values = new byte[256];
        Arrays.fill(values, SKIP);
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int i = 0; i < alphabet.length(); i++) {
            values[alphabet.charAt(i)] = (byte) i;
        }
        values['='] = PAD;
        return values;
    }

    /** Decodes a text that is at hand. */
    static void decode(byte[] text, int from, int to, ByteArrayOutputStream out) {
        int group = 0;
        int inGroup = 0;
        for (int i = from; i < to; i++) {
            int value = VALUES[text[i] & 0xff];
            if (value >= 0) {
                group = (group << 6) | value;
                inGroup++;
            }
            if (inGroup == 4 || (inGroup > 0 && (value == PAD || i + 1 == to))) {
                group <<= 6 * (4 - inGroup);
                for (int n = 0; n < inGroup - 1; n++) {
                    out.write(group >> (16 - 8 * n));
                }
                group = 0;
                inGroup = 0;
            }
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int out = offset;
        int end = offset + length;
        while (out < end && leftCount > 0) {
            out = takeLeft(target, out);
        }
        while (out < end) {
            if (position == limit && !fill()) {
                out = flush(target, out, end);
                break;
            }
            if (inGroup == 0) {
                out = groups(target, out, end);
                if (out == end || position == limit) {
                    continue;
                }
            }
            int value = VALUES[encoded[position++] & 0xff];
            if (value >= 0) {
                group = (group << 6) | value;
                inGroup++;
            }
            if (inGroup == 4 || (inGroup > 0 && value == PAD)) {
                out = flush(target, out, end);
            }
        }
        return out == offset ? -1 : out - offset;
    }

    /** The usual case: groups of four characters of the alphabet that are all here, and room for what they say. */
    private int groups(byte[] target, int offset, int end) {
        int out = offset;
        int in4 = position;
        while (limit - in4 >= 4 && end - out >= 3) {
            int a = VALUES[encoded[in4] & 0xff];
            int b = VALUES[encoded[in4 + 1] & 0xff];
            int c = VALUES[encoded[in4 + 2] & 0xff];
            int d = VALUES[encoded[in4 + 3] & 0xff];
            if ((a | b | c | d) < 0) {
                break;
            }
            target[out] = (byte) ((a << 2) | (b >> 4));
            target[out + 1] = (byte) ((b << 4) | (c >> 2));
            target[out + 2] = (byte) ((c << 6) | d);
            in4 += 4;
            out += 3;
        }
        position = in4;
        return out;
    }

    /** Ends a group, complete or not. */
    private int flush(byte[] target, int offset, int end) {
        if (inGroup > 1) {
            int octets = group << (6 * (4 - inGroup));
            leftCount = inGroup - 1;
            left = ((octets >> 16) & 0xff) | (octets & 0xff00) | ((octets & 0xff) << 16);
        }
        inGroup = 0;
        group = 0;
        int out = offset;
        while (out < end && leftCount > 0) {
            out = takeLeft(target, out);
        }
        return out;
    }

    private int takeLeft(byte[] target, int offset) {
        target[offset] = (byte) left;
        left >>= 8;
        leftCount--;
        return offset + 1;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(encoded, 0, encoded.length));
        return limit > 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
