package heddle.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.server.DataDirectory;
import heddle.server.Server;
import heddle.server.StorageLauncher;
import heddle.server.StorageLauncher.OpenStorage;
import heddle.server.TestClient;
import heddle.server.config.ServerConfig;
import heddle.storage.AccountId;
import heddle.storage.Mailbox;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An older copy of the data directory takes the place of the newer one. */
@Timeout(180)
class RestoredCommandTest {
    private static final long UIDS = 10_000;
    private static final long MODSEQS = 1L << 32;

    @TempDir
    Path directory;

    @Test
    void skipsAllNumbersThatClientsMayKnow() throws Exception {
        Path data = directory.resolve("data");
        Path copy = directory.resolve("copy");
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        heddle(data, "account", "add", "ann", "--password-file", password.toString());
        try (Server server = Server.start(config(data));
                TestClient client = logIn(server)) {
            client.append("INBOX", "Subject: kept\r\n\r\n");
        }
        DataDirectory.copy(data, copy);
        try (Server server = Server.start(config(data));
                TestClient client = logIn(server)) {
            client.append("INBOX", "Subject: lost\r\n\r\n");
            client.ok("SELECT INBOX");
            client.ok("STORE 1 +FLAGS (\\Seen)");
        }
        Mailbox lost = inbox(data);

        String said = heddle(copy, "restored");
        assertThat(said).matches("The database is in epoch [0-9]+\\.\n");
        long skippedUids = (Long.parseLong(said.replaceAll("[^0-9]", "")) - 1) * UIDS;
        try (Server server = Server.start(config(copy));
                TestClient client = logIn(server)) {
            assertThat(client.ok("SELECT INBOX"))
                    .contains("* 1 EXISTS")
                    .anyMatch(line -> line.startsWith("* OK [UIDNEXT " + (skippedUids + 2) + "]"))
                    .anyMatch(line -> line.startsWith(
                            "* OK [UIDVALIDITY " + lost.uidValidity().value() + "]"));
            assertThat(client.ok("FETCH 1 (UID FLAGS)")).contains("* 1 FETCH (UID 1 FLAGS (\\Recent))");
            client.append("INBOX", "Subject: new\r\n\r\n");
            assertThat(client.ok("FETCH 2 UID")).contains("* 2 FETCH (UID " + (skippedUids + 2) + ")");
        }
        Mailbox restored = inbox(copy);
        assertThat(restored.highestModSeq().value())
                .isGreaterThan(MODSEQS)
                .isGreaterThan(lost.highestModSeq().value());
        assertThat(restored.journalFloor().value()).isGreaterThan(MODSEQS);
    }

    private static ServerConfig config(Path data) {
        return ServerConfig.load(
                null,
                Map.of(),
                Map.of(
                        "data", data.toString(),
                        "listen.imap", "127.0.0.1:0",
                        "listen.imaps", "off",
                        "listen.lmtp", "off",
                        "listen.http", "off"));
    }

    private static TestClient logIn(Server server) throws IOException {
        var client = new TestClient(server.addresses().get("imap").port());
        client.greeting();
        client.ok("LOGIN ann secret");
        return client;
    }

    private static Mailbox inbox(Path data) throws IOException {
        try (OpenStorage open = StorageLauncher.openForCommand(config(data))) {
            AccountId ann = open.storage().accounts().find("ann").orElseThrow().id();
            return open.storage().mailboxes().find(ann, MailboxName.INBOX).orElseThrow();
        }
    }

    private static String heddle(Path data, String... command) {
        var out = new StringWriter();
        var err = new StringWriter();
        String[] all = Stream.concat(List.of(command).stream(), Stream.of("--data", data.toString()))
                .toArray(String[]::new);
        int code = HeddleCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
        assertThat(code).as("%s", err).isZero();
        return out.toString();
    }
}
