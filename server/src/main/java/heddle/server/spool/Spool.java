package heddle.server.spool;

import heddle.server.config.ServerConfig;
import heddle.storage.AccountId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where messages wait that have not arrived yet, or are not stored: small ones in memory, large ones in temporary files. These
 * together have a bound, and what one user appends has a smaller one, so that there is room for others and for deliveries.
 */
public final class Spool {
    private final ServerConfig.Spool settings;
    private final Runnable whenFull;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentMap<AccountId, Long> bytesOfUsers = new ConcurrentHashMap<>();

    /** @param whenFull is called each time when there is no room for a message */
    public Spool(ServerConfig.Spool settings, Runnable whenFull) {
        this.settings = settings;
        this.whenFull = whenFull;
    }

    /** {@return how many bytes of files there are} */
    public long bytes() {
        return bytes.get();
    }

    /** {@return where the messages of one command of this user are to be written; to be closed} */
    public Arrival arrivalOf(AccountId user) {
        return new Arrival(this, user, settings.memory());
    }

    /** {@return where messages are to be written that no user sends; to be closed} */
    public Arrival arrival() {
        return new Arrival(this, null, settings.memory());
    }

    /** {@return an empty file that goes with its channel, however this process ends} */
    FileChannel newFile() throws IOException {
        Files.createDirectories(settings.directory());
        Path file = Files.createTempFile(settings.directory(), "message", ".tmp");
        return FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    /** @throws IOException when there is no room for so many bytes; then none is taken */
    void take(@Nullable AccountId user, long count) throws IOException {
        boolean fits = bytes.addAndGet(count) <= settings.total();
        if (user != null) {
            fits &= bytesOfUsers.merge(user, count, Long::sum) <= settings.perUser();
        }
        if (!fits) {
            giveBack(user, count);
            whenFull.run();
            throw new IOException("spool.total is used up" + (user == null ? "" : ", or a user's part of it"));
        }
    }

    void giveBack(@Nullable AccountId user, long count) {
        bytes.addAndGet(-count);
        if (user != null) {
            bytesOfUsers.computeIfPresent(user, (same, taken) -> taken == count ? null : taken - count);
        }
    }
}
