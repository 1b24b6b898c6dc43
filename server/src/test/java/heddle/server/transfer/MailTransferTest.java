package heddle.server.transfer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.server.TestServer;
import heddle.server.spool.Spool;
import heddle.storage.Account;
import heddle.storage.Mailbox;
import heddle.storage.Snapshot;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class MailTransferTest {
    private static final Progress NOBODY_WATCHES = (messages, share) -> {};

    @TempDir
    static Path shared;

    private static TestServer server;
    private static Spool spool;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(shared, Map.of());
        spool = new Spool(TestServer.config(shared, server.database(), Map.of()).spool(), () -> {});
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void makeAccounts() {
        server.freshAccount("ann");
        server.freshAccount("ben");
    }

    private static Account account(String name) {
        return server.storage().accounts().find(name).orElseThrow();
    }

    private static long read(String account, Path source, String mailbox) throws IOException {
        return MailImport.run(
                server.storage(),
                account(account),
                spool,
                source,
                mailbox.isEmpty() ? null : new MailboxName(mailbox),
                NOBODY_WATCHES);
    }

    private static Snapshot snapshot(String account, String mailbox) {
        Mailbox found = server.storage()
                .mailboxes()
                .find(account(account).id(), new MailboxName(mailbox))
                .orElseThrow();
        return server.storage().snapshots().at(found.id(), found.highestModSeq());
    }

    @Test
    void keepsEveryByteOfVariedMail() throws IOException {
        List<byte[]> messages = new VariedMail(3).messages(1_100);
        Path mbox = directory.resolve("mail.mbox");
        VariedMail.writeMbox(mbox, messages);
        assertThat(read("ann", mbox, "Old/Mail")).isEqualTo(messages.size());

        List<byte[]> fetched = fetchAll("ann", "Old/Mail");
        assertThat(fetched).hasSameSizeAs(messages);
        for (int i = 0; i < messages.size(); i++) {
            assertThat(fetched.get(i)).as("message %s", i + 1).isEqualTo(VariedMail.withCrlf(messages.get(i)));
        }

        Path tree = directory.resolve("maildir");
        assertThat(MailExport.run(server.storage(), account("ann"), tree, NOBODY_WATCHES))
                .isEqualTo(messages.size());
        List<Path> files = files(tree.resolve(".Old.Mail/cur"));
        assertThat(files).hasSameSizeAs(messages);
        for (int i = 0; i < messages.size(); i++) {
            assertThat(Files.readAllBytes(files.get(i)))
                    .as("message %s", i + 1)
                    .isEqualTo(VariedMail.withLf(messages.get(i)));
        }

        assertThat(read("ben", tree, "")).isEqualTo(messages.size());
        assertThat(fetchAll("ben", "Old/Mail")).containsExactlyElementsOf(fetched);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** Over a plain socket: a client library could hide what is wrong. */
    private static List<byte[]> fetchAll(String user, String mailbox) throws IOException {
        var messages = new ArrayList<byte[]>();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port("imap"));
                InputStream in = new BufferedInputStream(socket.getInputStream())) {
            String commands = "a LOGIN %s %s\r\nb EXAMINE \"%s\"\r\nc FETCH 1:* BODY.PEEK[]\r\n"
                    .formatted(user, TestServer.PASSWORD, mailbox);
            socket.getOutputStream().write(commands.getBytes(ISO_8859_1));
            for (String line = line(in); !line.startsWith("c "); line = line(in)) {
                if (line.endsWith("}")) {
                    int size = Integer.parseInt(line.substring(line.lastIndexOf('{') + 1, line.length() - 1));
                    messages.add(in.readNBytes(size));
                }
            }
        }
        return messages;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("the server is gone after " + line);
            }
            line.append((char) octet);
        }
        return line.toString().stripTrailing();
    }

    @Test
    void readsFlagsAndDatesOfAnMbox() throws IOException {
        Path mbox = Files.writeString(directory.resolve("mbox"), """
                From ann@example.org Sat Jan  3 01:05:34 1996
                Status: RO
                X-Status: AF
                X-Keywords: $Work (bad) later
                Subject: one

                From here on
                >From the start
                >>From the quote
                From x Mon Feb 30 99:00:00 1996

                From - Sat Jan 03 01:05:34 +0100 1996
                Subject: two

                """);
        assertThat(read("ann", mbox, "")).isEqualTo(2);
        Snapshot inbox = snapshot("ann", "INBOX");
        assertThat(inbox.with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
        assertThat(inbox.with(Flag.Standard.ANSWERED)).isEqualTo(UidSet.of(1));
        assertThat(inbox.with(Flag.Standard.FLAGGED)).isEqualTo(UidSet.of(1));
        assertThat(inbox.with(Flag.Standard.DELETED)).isEqualTo(UidSet.EMPTY);
        assertThat(inbox.keywords()).containsExactlyInAnyOrder(new Flag.Keyword("$Work"), new Flag.Keyword("later"));
        assertThat(server.storage().fetches().read(inbox.mailbox(), UidSet.range(1, 2), Set.of()))
                .extracting(row -> row.internalDateTime().toString())
                .containsExactly("1996-01-03T01:05:34Z", "1996-01-03T01:05:34+01:00");
        assertThat(new String(fetchAll("ann", "INBOX").getFirst(), ISO_8859_1)).endsWith("""

                        From here on
                        From the start
                        >From the quote
                        From x Mon Feb 30 99:00:00 1996
                        """.replace("\n", "\r\n"));
    }

    @Test
    void keepsFoldersFlagsAndDatesOfAMaildir() throws IOException {
        var tree = new TreeMap<String, String>();
        tree.put("cur/1.a.host:2,FRS", "INBOX");
        tree.put("new/2.b.host", "INBOX");
        tree.put(".Lists.A&AC4-B.&U,BTFw-/cur/1.c.host:2,DTPab", "Lists/A.B/台北");
        tree.put("Plain/Sub/cur/1.d.host:2,", "Plain/Sub");
        for (String name : tree.keySet()) {
            Path file = directory.resolve("in").resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "Subject: " + name + "\n\nbody\n");
            Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000_000_000)));
        }
        Files.writeString(directory.resolve("in/.Lists.A&AC4-B.&U,BTFw-/dovecot-keywords"), "0 $Work\n1 later\n");
        assertThat(read("ann", directory.resolve("in"), "")).isEqualTo(4);
        assertThat(snapshot("ann", "INBOX").with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
        Snapshot list = snapshot("ann", "Lists/A.B/台北");
        assertThat(list.with(Flag.Standard.DRAFT)).isEqualTo(UidSet.of(1));
        assertThat(list.with(new Flag.Keyword("$Forwarded"))).isEqualTo(UidSet.of(1));
        assertThat(list.with(new Flag.Keyword("later"))).isEqualTo(UidSet.of(1));

        Path out = directory.resolve("out");
        assertThat(MailExport.run(server.storage(), account("ann"), out, NOBODY_WATCHES))
                .isEqualTo(4);
        Path file = files(out.resolve(".Lists.A&AC4-B.&U,BTFw-/cur")).getFirst();
        assertThat(file.getFileName().toString()).matches(".*:2,DPT[a-c]{2,3}");
        assertThat(Files.getLastModifiedTime(file).toInstant()).isEqualTo(Instant.ofEpochSecond(1_000_000_000));
        assertThat(read("ben", out, "Archive/Ann")).isEqualTo(4);
        assertThat(snapshot("ben", "Archive/Ann/Lists/A.B/台北").with(new Flag.Keyword("later")))
                .isEqualTo(UidSet.of(1));
        assertThat(snapshot("ben", "Archive/Ann").uids().size()).isEqualTo(2);
    }

    @Test
    void refusesWhatIsNoMail() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "hello\n");
        assertThatThrownBy(() -> read("ann", text, "")).hasMessageContaining("not an mbox file");
        assertThatThrownBy(() -> read("ann", directory, "")).hasMessageContaining("not a Maildir");
        assertThatThrownBy(() -> MailExport.run(server.storage(), account("ann"), directory, NOBODY_WATCHES))
                .hasMessageContaining("is not empty");
        assertThat(read("ann", Files.writeString(directory.resolve("empty"), ""), ""))
                .isZero();
    }

    @Test
    void saysHowMuchIsStoredWhenTheQuotaIsReached() throws IOException {
        server.storage().accounts().setQuota(account("ann").id(), new Account.Quota(OptionalLong.of(15_000)));
        Path mbox = directory.resolve("mail.mbox");
        VariedMail.writeMbox(
                mbox,
                Collections.nCopies(
                        300,
                        "Subject: x\n\nsome hundred bytes %s\n"
                                .formatted("x".repeat(60))
                                .getBytes(ISO_8859_1)));
        assertThatThrownBy(() -> read("ann", mbox, ""))
                .isInstanceOf(MailImport.BrokenOffException.class)
                .hasMessageContaining("100 messages were stored");
        assertThat(spool.bytes()).isZero();
    }
}
