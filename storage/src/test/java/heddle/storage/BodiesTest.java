package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessageSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes come out as they went in, wherever one begins to read. */
class BodiesTest {
    private static final int CHUNK = 256 << 10;
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);

    private AccountId account;
    private MailboxId inbox;

    @BeforeEach
    void makeAccount() {
        account = TestMail.account(STORAGE);
        inbox = TestMail.inbox(STORAGE, account).id();
    }

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    private static byte[] random(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] text(int size) {
        byte[] line = "The quick brown fox jumps over the lazy dog.\r\n".getBytes(StandardCharsets.US_ASCII);
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = line[i % line.length];
        }
        return bytes;
    }

    static Stream<byte[]> keepsEveryByte() {
        return Stream.of(
                new byte[0],
                new byte[] {'\n'},
                new byte[] {0, 0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0},
                random(100),
                text(100),
                random(CHUNK - 1),
                random(CHUNK),
                random(CHUNK + 1),
                text(CHUNK),
                text(CHUNK + 1),
                random(1 << 20),
                text(5 * CHUNK + 17),
                random(9 * CHUNK));
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource
    void keepsEveryByte(byte[] message) throws Exception {
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message(message)));
        MessageRow row = STORAGE.fetches().read(inbox, UidSet.of(1), Set.of()).getFirst();
        assertThat(row.size()).isEqualTo(message.length);
        assertThat(TestMail.body(STORAGE, inbox, 1)).isEqualTo(message);
        long[] borders = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4L * CHUNK, 5L * CHUNK, message.length - 1, message.length
        };
        for (long from : borders) {
            for (long until : borders) {
                if (0 <= from && from <= until && until <= message.length) {
                    assertThat(read(row.contentId(), from, until - from))
                            .as("%d to %d", from, until)
                            .isEqualTo(Arrays.copyOfRange(message, (int) from, (int) until));
                }
            }
        }
    }

    private byte[] read(long content, long offset, long length) throws IOException {
        try (InputStream body = STORAGE.bodies().open(account, content, offset, length)) {
            return body.readAllBytes();
        }
    }

    @Test
    void compressesOnlyWhatShrinks() throws Exception {
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message(random(CHUNK + 5))));
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message(text(CHUNK + 5000))));
        try (var sql = new Sql(CONFIG)) {
            assertThat(sql.rows(
                            "SELECT format = 0, length(bytes) FROM body WHERE account_id = ? ORDER BY content_id, number",
                            account.value()))
                    .satisfiesExactly(
                            raw -> assertThat(raw).containsExactly("t", String.valueOf(CHUNK)),
                            raw -> assertThat(raw).containsExactly("t", "5"),
                            packed -> assertThat(packed.getFirst()).isEqualTo("f"),
                            packed -> assertThat(packed.getFirst()).isEqualTo("f"));
        }
    }

    @Test
    void saysWhenThereIsLessThanWasAskedFor() throws Exception {
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(TestMail.message(random(300))));
        long content =
                STORAGE.fetches().read(inbox, UidSet.of(1), Set.of()).getFirst().contentId();
        assertThatThrownBy(() -> read(content, 0, 301)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read(content + 999, 0, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void keepsTraceAndInternalDateBesideTheContent() throws Exception {
        byte[] trace = "Return-Path: <ann@example.org>\r\n".getBytes(StandardCharsets.US_ASCII);
        OffsetDateTime date = OffsetDateTime.parse("2024-02-29T23:59:58-11:30");
        NewMessage message = new NewMessage(
                MessageSource.of("Subject: x\r\n\r\ny".getBytes(StandardCharsets.US_ASCII)),
                Set.of(Flag.Standard.SEEN),
                date,
                trace);
        TestMail.append(STORAGE, account, MailboxName.INBOX, List.of(message));
        MessageRow row = STORAGE.fetches().read(inbox, UidSet.of(1), Set.of()).getFirst();
        assertThat(row.internalDateTime()).isEqualTo(date);
        assertThat(row.trace()).isEqualTo(trace);
        assertThat(row.size()).isEqualTo(trace.length + 15L);
        assertThat(TestMail.body(STORAGE, inbox, 1)).asString().isEqualTo("Subject: x\r\n\r\ny");
    }
}
