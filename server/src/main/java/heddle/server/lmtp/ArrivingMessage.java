package heddle.server.lmtp;

import heddle.protocol.mime.MessageSource;
import heddle.server.spool.Arrival;
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
    private final Arrival arrival;
    private final SpooledMessage spooled;
    private final long longest;
    private @Nullable IOException failure;
    private boolean isTooBig;

    ArrivingMessage(Arrival arrival, long longest) {
        this.arrival = arrival;
        spooled = arrival.newMessage();
        this.longest = longest;
    }

    @Override
    public void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (isTooBig || failure != null) {
            return;
        }
        try {
            isTooBig = spooled.size() + length > longest;
            if (isTooBig) {
                arrival.close();
            } else {
                spooled.write(bytes, offset, length);
            }
        } catch (IOException full) {
            failure = full;
            letGo();
        }
    }

    private void letGo() {
        try {
            arrival.close();
        } catch (IOException broken) {
            // The same disk, most likely; its failure is what will be told.
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
        arrival.close();
    }
}
