package heddle.server.command;

import heddle.protocol.mime.MessageSource;
import heddle.server.config.ServerConfig.Spool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A message while it arrives and until it is stored: small in memory, large in a temporary file, so that a slow upload
 * holds no database connection and a large one no memory. Closing it removes the file.
 */
public final class SpooledMessage extends OutputStream implements MessageSource, Closeable {
    private final Spool spool;
    private final long mostInMemory;
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private @Nullable Path file;
    private @Nullable OutputStream fileOut;
    private long size;

    public SpooledMessage(Spool spool) {
        this(spool, spool.memory());
    }

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
        if (fileOut == null && size + length > mostInMemory) {
            Files.createDirectories(spool.directory());
            file = Files.createTempFile(spool.directory(), "message", ".tmp");
            fileOut = Files.newOutputStream(file);
            memory.writeTo(fileOut);
            memory.reset();
        }
        if (fileOut != null) {
            fileOut.write(bytes, offset, length);
        } else {
            memory.write(bytes, offset, length);
        }
        size += length;
    }

    /** Called when all has arrived; before that nothing may be read. */
    public void complete() throws IOException {
        if (fileOut != null) {
            fileOut.close();
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public InputStream open() throws IOException {
        return file == null ? new ByteArrayInputStream(memory.toByteArray()) : Files.newInputStream(file);
    }

    @Override
    public void close() throws IOException {
        if (fileOut != null) {
            fileOut.close();
        }
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }
}
