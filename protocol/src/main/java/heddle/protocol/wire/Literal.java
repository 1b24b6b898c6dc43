package heddle.protocol.wire;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * The octets of a message that a command announced and that are still on the wire (RFC 3501 §4.3, RFC 7888, RFC 3516).
 * A client that waits to be asked for them is asked when the literal is opened. What is not opened, or not read to its
 * end, is skipped with the rest of the command.
 */
public final class Literal {
    private final WireInput in;
    private final Continuation continuation;
    private final long size;
    private final boolean synchronizing;
    private final boolean binary;
    private boolean opened;
    private long left;

    Literal(WireInput in, Continuation continuation, long size, boolean synchronizing, boolean binary) {
        this.in = in;
        this.continuation = continuation;
        this.size = size;
        this.synchronizing = synchronizing;
        this.binary = binary;
        this.left = size;
    }

    /** {@return how many octets there are} */
    public long size() {
        return size;
    }

    /** Whether it is a {@code literal8}, which may hold NUL (RFC 3516 §4.4). */
    public boolean isBinary() {
        return binary;
    }

    /** Whether all octets have been read; true for an empty literal only after {@link #open()}. */
    public boolean isConsumed() {
        return opened && left == 0;
    }

    /**
     * Asks for the octets, where the client waits to be asked. Closing the stream is not needed and reads nothing.
     *
     * @return a stream that ends after {@link #size()} octets; its reads throw {@link java.io.EOFException} when the
     *     client is gone before that
     * @throws RefusedException when the line up to it is too long
     * @throws IllegalStateException when it was opened before
     */
    public InputStream open() throws IOException {
        if (opened) {
            throw new IllegalStateException("the literal was opened before");
        }
        in.beginLiteral(); // which refuses a line that has become too long: then the octets are still to be skipped
        opened = true;
        if (synchronizing) {
            continuation.go();
        }
        return new Octets();
    }

    /** Drops what has not been read; false when the client still waits to be asked, and so ended the command here. */
    boolean skip() throws IOException {
        if (synchronizing && !opened) {
            return false;
        }
        if (!opened) {
            opened = true;
            in.beginLiteral();
        }
        in.skipLiteral(left);
        left = 0;
        return true;
    }

    private final class Octets extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                return -1;
            }
            int read = in.literal(into, offset, (int) Math.min(length, left));
            left -= read;
            return read;
        }

        @Override
        public int available() {
            return (int) Math.min(left, in.buffered());
        }
    }
}
