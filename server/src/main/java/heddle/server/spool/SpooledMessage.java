package heddle.server.spool;

import heddle.protocol.mime.MessageSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * A message while it arrives and until it is stored: small in memory, large in a temporary file, so that a slow upload
 * holds no database connection and a large one no memory. Closing it lets go of both.
 */
public final class SpooledMessage extends OutputStream implements MessageSource, Closeable {
    private final Spool spool;
    private final long mostInMemory;
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private @Nullable FileChannel file;
    private long size;
    private long taken;

    /** @param mostInMemory how many octets may be held in memory, before the message goes to a file */
    SpooledMessage(Spool spool, long mostInMemory) {
        this.spool = spool;
        this.mostInMemory = mostInMemory;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (file == null && size + length > mostInMemory) {
            file = spool.newFile();
            writeTo(file, memory.toByteArray(), 0, memory.size());
            memory.reset();
        }
        if (file == null) {
            memory.write(bytes, offset, length);
        } else {
            writeTo(file, bytes, offset, length);
        }
        size += length;
    }

    private void writeTo(FileChannel to, byte[] bytes, int offset, int length) throws IOException {
        spool.take(length);
        taken += length;
        for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) {
            to.write(left);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public InputStream open() {
        return file == null ? new ByteArrayInputStream(memory.toByteArray()) : new Reader(file);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
        spool.giveBack(taken);
        taken = 0;
    }

    /** Reads a file from its beginning; others may read it as well. */
    private static final class Reader extends InputStream {
        private final FileChannel file;
        private long position;

        Reader(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            var octet = new byte[1];
            return read(octet, 0, 1) < 0 ? -1 : octet[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = file.read(ByteBuffer.wrap(bytes, offset, length), position);
            position += Math.max(0, count);
            return count;
        }
    }
}
