package heddle.server.lmtp;

import heddle.protocol.mime.MessageSource;
import heddle.server.spool.SpooledMessage;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way in. Writing to it never fails: the stream has to be read to the end of the message anyway. What is
 * too big, or cannot be spooled, is let go, and its recipients are told.
 */
final class ArrivingMessage extends OutputStream implements Closeable {
    private final SpooledMessage spooled;
    private final long longest;
    private @Nullable IOException failure;
    private boolean isTooBig;

    ArrivingMessage(SpooledMessage spooled, long longest) {
        this.spooled = spooled;
        this.longest = longest;
    }

    @Override
    public void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        isTooBig |= spooled.size() + length > longest;
        if (!isTooBig && failure == null) {
            try {
                spooled.write(bytes, offset, length);
            } catch (IOException full) {
                failure = full;
            }
        }
    }

    boolean isTooBig() {
        return isTooBig;
    }

    /**
     * {@return the message, complete and not too big}
     *
     * @throws IOException when it could not be spooled
     */
    MessageSource complete() throws IOException {
        if (failure != null) {
            throw failure;
        }
        return spooled;
    }

    @Override
    public void close() throws IOException {
        spooled.close();
    }
}
