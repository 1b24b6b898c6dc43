package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestClient;
import heddle.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** STOREs of many clients in one mailbox, which share transactions: each client is told what is new to it, once. */
@Timeout(120)
class ConcurrentStoresTest {
    private static final int CLIENTS = 8;
    private static final int STORES = 60;

    @TempDir
    static Path directory;

    @Test
    void aClientIsToldOfItsOwnChangeAsItAsked() throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            server.freshAccount("ann");
            try (TestClient first = server.logIn("ann")) {
                for (int i = 0; i < CLIENTS; i++) {
                    first.append("INBOX", "Subject: " + i + "\r\n\r\n");
                }
            }
            var clients = new ArrayList<Future<?>>();
            for (int number = 1; number <= CLIENTS; number++) {
                int own = number;
                clients.add(threads.submit(() -> {
                    change(server, own);
                    return own;
                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
            try (TestClient last = server.logIn("ann")) {
                last.ok("SELECT INBOX");
                assertThat(last.ok("SEARCH FLAGGED")).contains("* SEARCH");
            }
        }
    }

    /** Sets and unsets a flag of one message that nobody else changes. */
    private static void change(TestServer server, int number) throws IOException {
        try (TestClient client = server.logIn("ann")) {
            client.ok("SELECT INBOX");
            for (int i = 0; i < STORES; i++) {
                String sign = i % 2 == 0 ? "+" : "-";
                boolean isSilent = i % 3 == 0;
                var told = client.ok(
                        "STORE " + number + " " + sign + "FLAGS" + (isSilent ? ".SILENT" : "") + " (\\Flagged)");
                assertThat(told)
                        .filteredOn(line -> line.startsWith("* " + number + " FETCH"))
                        .hasSize(isSilent ? 0 : 1)
                        .allMatch(line -> line.contains("\\Flagged") == sign.equals("+"));
            }
        }
    }
}
