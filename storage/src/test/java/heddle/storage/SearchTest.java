package heddle.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessageSource;
import heddle.protocol.mime.SearchText;
import heddle.storage.Search.Field;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.Charset;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Each key finds what a look at the plain texts finds: the texts are known, because the messages were made of them, in
 * many charsets, encodings and structures (DESIGN §9).
 */
class SearchTest {
    private static final int MESSAGES = 60;
    private static final List<String> WORDS = List.of(
            "invoice",
            "Grüße",
            "straße",
            "ÉTÉ",
            "naïve",
            "übung",
            "ticket-42",
            "100%",
            "a_b",
            "Smörgås",
            "x<y",
            "end.");
    private static final List<String> NEEDLES = List.of(
            "invoice",
            "INVOICE",
            "grüsse",
            "GRÜSSE",
            "STRASSE",
            "été",
            "Naïve",
            "ÜB",
            "42",
            "0%",
            "_",
            "<",
            "d.",
            "e ",
            "nothing like that",
            "smörgås");
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);
    private static final long SEED = System.nanoTime();
    private static final List<Sample> SAMPLES = new ArrayList<>();

    private static MailboxId inbox = new MailboxId(new AccountId(0), 0);
    private static UidSet all = UidSet.EMPTY;

    /** One message, and what is in it. */
    private record Sample(
            String subject, String from, String extra, String body, OffsetDateTime date, LocalDate sent, long size) {}

    @BeforeAll
    static void fill() throws IOException {
        AccountId account = TestMail.account(STORAGE);
        inbox = TestMail.inbox(STORAGE, account).id();
        var random = new Random(SEED);
        for (int i = 0; i < MESSAGES; i++) {
            append(account, i, random);
        }
        all = UidSet.range(1, MESSAGES);
    }

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.check(CONFIG);
    }

    private static void append(AccountId account, int number, Random random) throws IOException {
        String subject = words(random, 3);
        String name = words(random, 1).replace("<", "");
        String extra = words(random, 2);
        String body = words(random, 30);
        OffsetDateTime date = OffsetDateTime.of(2024, 2, 27, 0, 0, 0, 0, ZoneOffset.ofHours(random.nextInt(25) - 12))
                .plusMinutes(random.nextInt(4 * 24 * 60));
        LocalDate sent = LocalDate.of(2024, 2, 27).plusDays(random.nextInt(4));
        String header = "Subject: " + encodedWords(subject, random) + "\r\n"
                + "From: " + encodedWords(name, random) + " <someone@example.org>\r\n"
                + "X-Extra: " + encodedWords(extra, random) + "\r\n"
                + "Date: " + sent.getDayOfMonth() + (sent.getMonthValue() == 2 ? " Feb" : " Mar")
                + " 2024 12:00:00 +0000\r\n";
        byte[] message = (header + part(body, number % 6)).getBytes(ISO_8859_1);
        TestMail.append(
                STORAGE,
                account,
                MailboxName.INBOX,
                List.of(new NewMessage(MessageSource.of(message), Set.of(), date, new byte[0])));
        SAMPLES.add(new Sample(subject, name, extra, body, date, sent, message.length));
    }

    private static String words(Random random, int count) {
        var words = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            words.add(WORDS.get(random.nextInt(WORDS.size())));
        }
        return String.join(" ", words);
    }

    private static String encodedWords(String text, Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> "=?utf-8?B?" + Base64.getEncoder().encodeToString(text.getBytes(UTF_8)) + "?=";
            case 1 -> "=?iso-8859-1?q?" + quoted(text, ISO_8859_1).replace(" ", "_") + "?=";
            default -> new String(text.getBytes(UTF_8), ISO_8859_1); // raw UTF-8
        };
    }

    private static String quoted(String text, Charset charset) {
        var quoted = new StringBuilder();
        for (byte octet : text.getBytes(charset)) {
            boolean isPlain = octet == ' ' || Character.isLetterOrDigit(octet) && octet > 0;
            quoted.append(isPlain ? String.valueOf((char) octet) : "=%02X".formatted(octet & 0xFF));
        }
        return quoted.toString();
    }

    /** {@return content fields, an empty line and the text in one of the ways that mail has it} */
    private static String part(String text, int way) {
        return switch (way) {
            case 0 -> "Content-Type: text/plain; charset=utf-8\r\n\r\n" + new String(text.getBytes(UTF_8), ISO_8859_1);
            case 1 -> "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + text.replace(" ", "\r\n");
            case 2 ->
                "Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                        + quoted(text, Charset.forName("windows-1252")).replace(" ", " =\r\n");
            case 3 ->
                "Content-Type: text/plain; charset=utf-16be\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                        + Base64.getMimeEncoder().encodeToString(text.getBytes(Charset.forName("UTF-16BE")));
            case 4 ->
                "Content-Type: text/html; charset=iso-8859-1\r\n\r\n<html><style>invoice {}</style><p>"
                        + text.replace("<", "&lt;").replace(" ", "</b> <b>").replace("ü", "&uuml;") + "</html>";
            default ->
                "Content-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n" + part(text, 2)
                        + "\r\n--zz\r\nContent-Type: application/octet-stream\r\n\r\nnothing like that\r\n--zz--\r\n";
        };
    }

    private static UidSet expected(Predicate<Sample> test) {
        var found = new UidSet.Builder();
        for (int i = 0; i < SAMPLES.size(); i++) {
            if (test.test(SAMPLES.get(i))) {
                found.add(i + 1L);
            }
        }
        return found.build();
    }

    private static boolean contains(String text, String needle) {
        return SearchText.normalize(text).contains(SearchText.normalize(needle));
    }

    @Test
    void findsTextInBodies() throws Exception {
        for (String needle : NEEDLES) {
            assertThat(STORAGE.search().byBody(inbox, all, needle))
                    .as("%s, seed %d", needle, SEED)
                    .isEqualTo(expected(sample -> contains(sample.body, needle)));
        }
    }

    @Test
    void findsTextInFields() throws Exception {
        for (String needle : NEEDLES) {
            assertThat(STORAGE.search().byField(inbox, all, Field.SUBJECT, needle))
                    .as("subject %s, seed %d", needle, SEED)
                    .isEqualTo(expected(sample -> contains(sample.subject, needle)));
            assertThat(STORAGE.search().byHeader(inbox, all, "x-EXTRA", needle))
                    .as("extra %s, seed %d", needle, SEED)
                    .isEqualTo(expected(sample -> contains(sample.extra, needle)));
            assertThat(STORAGE.search().byHeader(inbox, all, "Subject", needle))
                    .as("header subject %s, seed %d", needle, SEED)
                    .isEqualTo(expected(sample -> contains(sample.subject, needle)));
        }
        assertThat(STORAGE.search().byField(inbox, all, Field.FROM, "SOMEONE@example"))
                .isEqualTo(all);
        assertThat(STORAGE.search().byField(inbox, all, Field.CC, "someone")).isEqualTo(UidSet.EMPTY);
        assertThat(STORAGE.search().byHeader(inbox, all, "X-Extra", "")).isEqualTo(all);
        assertThat(STORAGE.search().byHeader(inbox, all, "X-Other", "")).isEqualTo(UidSet.EMPTY);
    }

    /** What is kept to search in is capped; the header itself has the rest. */
    @Test
    void findsFieldsBehindMuchHeader() throws Exception {
        AccountId account = TestMail.account(STORAGE);
        String much = ("X-Filler: " + "x".repeat(980) + "\r\n").repeat(2200);
        TestMail.append(
                STORAGE,
                account,
                much + "From: Ann <ann@example.org>\r\nTo: ben@example.org\r\nCc: cleo@example.org\r\n"
                        + "Bcc: dora@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= invoice\r\n\r\nbody\r\n");
        TestMail.append(STORAGE, account, "Subject: ann ben cleo dora grüße\r\n\r\nbody\r\n");
        MailboxId box = TestMail.inbox(STORAGE, account).id();
        UidSet both = UidSet.range(1, 2);
        Search search = STORAGE.search();
        assertThat(search.byField(box, both, Field.FROM, "ANN@example")).isEqualTo(UidSet.of(1));
        assertThat(search.byField(box, both, Field.TO, "ben")).isEqualTo(UidSet.of(1));
        assertThat(search.byField(box, both, Field.CC, "cleo")).isEqualTo(UidSet.of(1));
        assertThat(search.byField(box, both, Field.BCC, "dora")).isEqualTo(UidSet.of(1));
        assertThat(search.byField(box, both, Field.SUBJECT, "GRÜSSE")).isEqualTo(both);
        assertThat(search.byField(box, both, Field.SUBJECT, "cleo")).isEqualTo(UidSet.of(2));
        assertThat(search.byField(box, UidSet.of(2), Field.FROM, "ann")).isEqualTo(UidSet.EMPTY);
    }

    /** Few texts are in memory at once when they are large. */
    @Test
    void readsLargeTextsBitByBit() throws Exception {
        var registry = new SimpleMeterRegistry();
        var random = new Random(SEED);
        try (Storage storage = new Storage(CONFIG, registry)) {
            AccountId account = TestMail.account(storage);
            for (int i = 0; i < 20; i++) {
                var octets = new byte[1 << 20];
                random.nextBytes(octets);
                String much = Base64.getMimeEncoder().encodeToString(octets).replace("\n", "\n ");
                TestMail.append(storage, account, "X-Much: " + much + "\r\nX-Last: " + i % 2 + "\r\n\r\n");
            }
            MailboxId box = TestMail.inbox(storage, account).id();
            Timer reads = registry.timer("heddle.database.time", "pool", "heddle", "kind", "statements");
            long before = reads.count();
            assertThat(storage.search()
                            .byHeader(box, UidSet.range(1, 20), "X-Last", "1")
                            .size())
                    .isEqualTo(10);
            // All at once would be one, and storage reads now and then for itself.
            assertThat(reads.count() - before).as("reads").isGreaterThan(3);
        }
    }

    @Test
    void findsTextAnywhere() throws Exception {
        for (String needle : List.of("invoice", "GRÜSSE", "ticket-42", "naïve")) {
            assertThat(STORAGE.search().byText(inbox, all, needle))
                    .as("%s, seed %d", needle, SEED)
                    .isEqualTo(expected(sample -> contains(sample.body, needle)
                            || contains(sample.subject, needle)
                            || contains(sample.from, needle)
                            || contains(sample.extra, needle)));
        }
    }

    /** The day of INTERNALDATE and of Date: is the one that was written there, whatever the zone. */
    @Test
    void findsDaysAndSizes() {
        for (int day = 0; day < 6; day++) {
            LocalDate from = LocalDate.of(2024, 2, 26).plusDays(day);
            LocalDate until = from.plusDays(1 + day % 2);
            assertThat(STORAGE.search().byInternalDate(inbox, all, from, until))
                    .as("%s, seed %d", from, SEED)
                    .isEqualTo(expected(sample -> !sample.date.toLocalDate().isBefore(from)
                            && sample.date.toLocalDate().isBefore(until)));
            assertThat(STORAGE.search().bySentDate(inbox, all, from, until))
                    .as("%s, seed %d", from, SEED)
                    .isEqualTo(expected(sample -> !sample.sent.isBefore(from) && sample.sent.isBefore(until)));
        }
        OffsetDateTime middle = SAMPLES.getFirst().date;
        assertThat(STORAGE.search().younger(inbox, all, middle.toInstant()))
                .isEqualTo(expected(sample -> !sample.date.isBefore(middle)));
        long size = SAMPLES.getFirst().size;
        assertThat(STORAGE.search().bySize(inbox, all, size, Long.MAX_VALUE))
                .isEqualTo(expected(sample -> sample.size > size));
        assertThat(STORAGE.search().bySize(inbox, all, -1, size)).isEqualTo(expected(sample -> sample.size < size));
    }

    @Test
    void looksOnlyAtTheCandidates() throws Exception {
        var odd = new UidSet.Builder();
        for (long uid = 1; uid <= MESSAGES; uid += 2) {
            odd.add(uid);
        }
        UidSet candidates = odd.build();
        assertThat(STORAGE.search().byBody(inbox, candidates, "invoice"))
                .isEqualTo(expected(sample -> contains(sample.body, "invoice")).and(candidates));
        assertThat(STORAGE.search().bySize(inbox, candidates, 0, Long.MAX_VALUE))
                .isEqualTo(candidates);
        assertThat(STORAGE.search().byBody(inbox, UidSet.EMPTY, "invoice")).isEqualTo(UidSet.EMPTY);
    }
}
