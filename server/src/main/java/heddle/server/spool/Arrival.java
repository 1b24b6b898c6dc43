package heddle.server.spool;

import heddle.storage.AccountId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * Messages that arrive together, one after the other, until they are stored: what there is no memory for is in one temporary
 * file, so that a slow upload holds no database connection and a large one no memory. Closing it lets go of both.
 */
public final class Arrival implements Closeable {
    private final Spool spool;
    private final @Nullable AccountId user;
    private long memoryLeft;
    private @Nullable FileChannel file;
    private long written;

    /** @param memory bytes that all of them may take of it */
    Arrival(Spool spool, @Nullable AccountId user, long memory) {
        this.spool = spool;
        this.user = user;
        memoryLeft = memory;
    }

    /** {@return where the next message is to be written, after all of the one before is} */
    public SpooledMessage newMessage() {
        return new SpooledMessage(this);
    }

    /** {@return whether there is memory for so many bytes more, which is taken then} */
    boolean takeMemory(int bytes) {
        if (bytes > memoryLeft) {
            return false;
        }
        memoryLeft -= bytes;
        return true;
    }

    void giveMemoryBack(int bytes) {
        memoryLeft += bytes;
    }

    /**
     * Writes at the end of the file.
     *
     * @return where it begins there
     */
    long append(byte[] bytes, int offset, int length) throws IOException {
        if (file == null) {
            file = spool.newFile();
        }
        spool.take(user, length);
        long start = written;
        written += length;
        long position = start;
        for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) {
            position += file.write(left, position);
        }
        return start;
    }

    /** {@return how many bytes were read from this position of the file, -1 at its end} */
    int read(byte[] bytes, int offset, int length, long position) throws IOException {
        return file == null ? -1 : file.read(ByteBuffer.wrap(bytes, offset, length), position);
    }

    @Override
    public void close() throws IOException {
        try {
            if (file != null) {
                file.close();
            }
        } finally {
            spool.giveBack(user, written);
            written = 0;
        }
    }
}
