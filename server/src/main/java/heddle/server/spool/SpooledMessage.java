package heddle.server.spool;

import heddle.protocol.mime.MessageSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A message while it arrives and until it is stored; it lives as long as its {@link Arrival}. */
public final class SpooledMessage extends OutputStream implements MessageSource {
    private final Arrival arrival;
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private boolean isInFile;
    private long start;
    private long size;

    SpooledMessage(Arrival arrival) {
        this.arrival = arrival;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (!isInFile && arrival.takeMemory(length)) {
            memory.write(bytes, offset, length);
        } else {
            moveToFile();
            arrival.append(bytes, offset, length);
        }
        size += length;
    }

    private void moveToFile() throws IOException {
        if (!isInFile) {
            isInFile = true;
            start = arrival.append(memory.toByteArray(), 0, memory.size());
            arrival.giveMemoryBack(memory.size());
            memory.reset();
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public InputStream open() {
        return isInFile ? new Reader() : new ByteArrayInputStream(memory.toByteArray());
    }

    /** Reads from the file; others may do so as well. */
    private final class Reader extends InputStream {
        private long read;

        @Override
        public int read() throws IOException {
            var octet = new byte[1];
            return read(octet, 0, 1) < 0 ? -1 : octet[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (read == size) {
                return -1;
            }
            int count = arrival.read(bytes, offset, (int) Math.min(length, size - read), start + read);
            read += Math.max(0, count);
            return count;
        }
    }
}
