package heddle.protocol.mime;

import java.io.IOException;
import java.io.InputStream;

/**
 * Decodes quoted-printable (RFC 2045 §6.7) as it is read: soft line breaks and white space at line ends are dropped, and
 * an equals sign that encodes nothing stands for itself.
 */
final class QuotedPrintableDecoder extends InputStream {
    /** White space that could be at the end of a line; a longer run is taken as text. */
    private static final int LONGEST_BLANK = 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[8192];
    private int position;
    private int limit;
    private boolean isSourceEmpty;
    /** Before it, white space is known to be text. */
    private int textUntil;

    QuotedPrintableDecoder(InputStream in) {
        this.in = in;
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
        while (out < end) {
            // What stands here is understood from itself and the run of blanks and the line break after it.
            if (limit - position < LONGEST_BLANK + 3 && !isSourceEmpty) {
                fill();
                continue;
            }
            if (position == limit) {
                break;
            }
            int start = position;
            int last = Math.min(limit, position + end - out);
            while (position < last && buffer[position] != '=' && (buffer[position] & 0xff) > ' ') {
                position++;
            }
            if (position > start) {
                System.arraycopy(buffer, start, target, out, position - start);
                out += position - start;
                continue;
            }
            byte octet = buffer[position];
            if (octet == '=') {
                out = escape(target, out);
            } else if ((octet == ' ' || octet == '\t') && position >= textUntil) {
                int next = afterBlanks(position + 1);
                if (endsLine(next)) {
                    position = next;
                } else {
                    textUntil = next;
                }
            } else {
                target[out++] = octet;
                position++;
            }
        }
        return out == offset ? -1 : out - offset;
    }

    private int escape(byte[] target, int out) {
        int next = position + 1;
        if (limit - next >= 2) {
            int high = Character.digit(buffer[next], 16);
            int low = Character.digit(buffer[next + 1], 16);
            if (high >= 0 && low >= 0) {
                target[out] = (byte) ((high << 4) | low);
                position += 3;
                return out + 1;
            }
        }
        int line = afterBlanks(next);
        if (endsLine(line)) {
            position = Math.min(limit, line + (line < limit && buffer[line] == '\r' ? 2 : 1));
            return out;
        }
        target[out] = '=';
        position++;
        return out + 1;
    }

    private int afterBlanks(int from) {
        int last = Math.min(limit, from + LONGEST_BLANK);
        int i = from;
        while (i < last && (buffer[i] == ' ' || buffer[i] == '\t')) {
            i++;
        }
        return i;
    }

    /** {@return whether a line break or the end of the text is here} */
    private boolean endsLine(int at) {
        if (at == limit) {
            return isSourceEmpty;
        }
        return buffer[at] == '\n' || (buffer[at] == '\r' && at + 1 < limit && buffer[at + 1] == '\n');
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        textUntil -= position;
        position = 0;
        int count = in.read(buffer, limit, buffer.length - limit);
        if (count < 0) {
            isSourceEmpty = true;
        } else {
            limit += count;
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
