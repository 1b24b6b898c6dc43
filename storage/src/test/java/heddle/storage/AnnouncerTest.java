package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.storage.sql.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AnnouncerTest {
    /** A stop has to be over in time, also when the database says nothing at all. */
    @Test
    void doesNotWaitForASilentDatabaseAtTheEnd() throws Exception {
        var registry = new SimpleMeterRegistry();
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var database = new Database(at(silent.getLocalPort()), registry)) {
            var announcer = new Announcer(database, 1, 10, registry);
            announcer.start();
            announcer.add(new AccountId(1), 1);
            Socket waiting = silent.accept();
            long begin = System.nanoTime();
            announcer.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("less than the %s that it waits for a connection", StorageConfig.Waits.DEFAULT.connection())
                    .isLessThan(Duration.ofSeconds(6));
            waiting.close();
        }
    }

    private static StorageConfig at(int port) {
        return StorageConfig.of("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "heddle", null);
    }
}
