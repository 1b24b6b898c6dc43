package heddle.server.spool;

import heddle.server.config.ServerConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where messages wait that have not arrived yet, or are not stored: small ones in memory, large ones in temporary files. These
 * together have a bound, because a pod that fills its volume is evicted, with all its clients.
 */
public final class Spool {
    private final ServerConfig.Spool settings;
    private final Runnable whenFull;
    private final AtomicLong bytes = new AtomicLong();

    /** @param whenFull is called each time when there is no room for a message */
    public Spool(ServerConfig.Spool settings, Runnable whenFull) {
        this.settings = settings;
        this.whenFull = whenFull;
    }

    /** {@return how many bytes of files there are} */
    public long bytes() {
        return bytes.get();
    }

    /** {@return where a message is to be written} It has to be closed. */
    public SpooledMessage newMessage() {
        return newMessageAfter(0);
    }

    /**
     * {@return where a message is to be written that does not come alone}
     *
     * @param before bytes of the others, which may have taken of the memory that all of them share
     */
    public SpooledMessage newMessageAfter(long before) {
        return new SpooledMessage(this, settings.memory() - before);
    }

    /** {@return a file without a name} However this process ends, it leaves no file behind. */
    FileChannel newFile() throws IOException {
        Files.createDirectories(settings.directory());
        Path file = Files.createTempFile(settings.directory(), "message", ".tmp");
        try {
            return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } finally {
            Files.delete(file);
        }
    }

    /** @throws IOException when there is no room for so many bytes */
    void take(long count) throws IOException {
        if (bytes.addAndGet(count) > settings.total()) {
            bytes.addAndGet(-count);
            whenFull.run();
            throw new IOException("spool.total is used up");
        }
    }

    void giveBack(long count) {
        bytes.addAndGet(-count);
    }
}
