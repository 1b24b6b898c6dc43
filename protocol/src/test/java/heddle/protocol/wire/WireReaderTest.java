package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.SequenceSet;
import heddle.protocol.SequenceSet.Range;
import heddle.protocol.response.ResponseCode;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireReaderTest {
    /** A rule of the grammar, asked of one line. */
    private interface Rule<T> {
        T of(WireReader in) throws IOException;
    }

    /** What the rule reads of {@code line}, which must end there. */
    private static <T> T read(String line, Rule<T> rule) throws IOException {
        WireReader in = TestClient.line(line);
        T read = rule.of(in);
        in.crlf();
        return read;
    }

    private static void refuses(String line, Rule<?> rule) {
        assertThatThrownBy(() -> read(line, rule)).as(line).isInstanceOf(SyntaxException.class);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "0012,12", "4294967295,4294967295"})
    void readsNumbers(String line, long number) throws IOException {
        assertThat(read(line, WireReader::number)).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "4294967296", "99999999999999999999", "1x", " 1"})
    void refusesWhatIsNoNumber(String line) {
        refuses(line, WireReader::number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "01", "4294967296"})
    void refusesWhatIsNoNzNumber(String line) {
        refuses(line, WireReader::nzNumber);
    }

    @Test
    void readsNumbersOf63Bits() throws IOException {
        assertThat(read("9223372036854775807", WireReader::number64)).isEqualTo(Long.MAX_VALUE);
        refuses("9223372036854775808", WireReader::number64);
    }

    @Test
    void readsSequenceSets() throws IOException {
        assertThat(read("1", WireReader::sequenceSet)).isEqualTo(new SequenceSet(List.of(new Range(1, 1))));
        assertThat(read("2,4:7,12:*,*:3,*", WireReader::sequenceSet))
                .isEqualTo(new SequenceSet(List.of(
                        new Range(2, 2),
                        new Range(4, 7),
                        new Range(12, SequenceSet.LARGEST),
                        new Range(SequenceSet.LARGEST, 3),
                        new Range(SequenceSet.LARGEST, SequenceSet.LARGEST))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "1,,2", "1:0", "01", "1-2", "**", "4294967296"})
    void refusesWhatIsNoSequenceSet(String line) {
        refuses(line, WireReader::sequenceSet);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {"\"\"|''", "\"a b\"|a b", "\"a\\\"b\\\\c\"|a\"b\\c", "\"\\\\\"|\\", "\"{3}\"|{3}"})
    void readsQuotedStrings(String line, String text) throws IOException {
        assertThat(read(line, WireReader::quoted)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "\"a", "\"a\\b\"", "\"a\0b\"", "\"a\rb\"", "\"a\\", "a"})
    void refusesBrokenQuotedStrings(String line) {
        refuses(line, WireReader::quoted);
    }

    @Test
    void takesEachOctetInAQuotedStringThatTheGrammarAllows() throws IOException {
        for (char octet = 0; octet < 256; octet++) {
            String line = "\"a" + octet + "b\"";
            if (octet == 0 || octet == '\r' || octet == '\n' || octet == '"' || octet == '\\') {
                refuses(line, WireReader::quoted);
            } else {
                assertThat(read(line, WireReader::quoted)).isEqualTo("a" + octet + "b");
            }
        }
    }

    @Test
    void takesEachOctetInAnAtomThatTheGrammarAllows() throws IOException {
        for (char octet = 0; octet < 256; octet++) {
            String line = "a" + octet + "b";
            if (CharacterClass.has(octet, CharacterClass.ATOM)) {
                assertThat(read(line, WireReader::atom)).isEqualTo(line);
            } else if (octet != '\n') {
                refuses(line, WireReader::atom);
            }
        }
    }

    @Test
    void readsAstringsInAllForms() throws IOException {
        for (String line : List.of("a]b", "\"a]b\"", "{3}\r\na]b", "{3+}\r\na]b", "{003+}\r\na]b")) {
            assertThat(read(line, WireReader::text)).as(line).isEqualTo("a]b");
        }
        assertThat(read("{0+}\r\n", WireReader::text)).isEmpty();
        refuses("", WireReader::astring);
        refuses("(a)", WireReader::astring);
        refuses("~{3+}\r\na]b", WireReader::astring);
    }

    @Test
    void readsMailboxNamesInTheEncodingOfTheClient() throws IOException {
        for (String line : List.of("&AOk-", "\"&AOk-\"", "{5+}\r\n&AOk-")) {
            assertThat(read(line, WireReader::mailbox)).isEqualTo(new MailboxName("é"));
            assertThat(readUtf8(line, WireReader::mailbox)).isEqualTo(new MailboxName("&AOk-"));
        }
        for (String line : List.of("\"\u00c3\u00a9\"", "{2+}\r\n\u00c3\u00a9")) {
            refuses(line, WireReader::mailbox);
            assertThat(readUtf8(line, WireReader::mailbox)).isEqualTo(new MailboxName("é"));
            assertThat(readUtf8(line, WireReader::listMailbox)).isEqualTo("é");
        }
        // In parts: e and an acute accent.
        assertThat(readUtf8("\"e\u00cc\u0081\"", WireReader::givenMailbox))
                .isEqualTo(new GivenName(new MailboxName("é"), "e\u0301"));
    }

    @Test
    void refusesNamesThatAreNotUtf8() {
        for (String line : List.of("\"\u00e9\"", "{1+}\r\n\u00e9")) {
            assertThatThrownBy(() -> readUtf8(line, WireReader::mailbox)).isInstanceOf(SyntaxException.class);
        }
    }

    private static <T> T readUtf8(String line, Rule<T> rule) throws IOException {
        return read(line, in -> {
            in.encoding(WireEncoding.UTF_8);
            return rule.of(in);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}\r\n",
                "{+}\r\n",
                "{3\r\nabc",
                "{3-}\r\nabc",
                "{3} \r\nabc",
                "{ 3}\r\nabc",
                "{-1}\r\n",
                "{3}\rabc"
            })
    void refusesBrokenAnnouncementsOfLiterals(String line) {
        refuses(line, WireReader::astring);
    }

    @Test
    void refusesNulInALiteralAndStaysInStep() throws IOException {
        WireReader in = TestClient.line("{3+}\r\na\0b more\r\nnext");
        assertThatThrownBy(in::astring).isInstanceOf(SyntaxException.class);
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
    }

    @Test
    void asksForALiteralOnlyWhenTheClientWaits() throws IOException {
        var asked = new ArrayList<String>();
        var in = new WireReader(
                TestClient.sends("{1}\r\na {1+}\r\nb\r\n"), WireLimits.AUTHENTICATED, () -> asked.add("+"));
        in.beginLine();
        assertThat(in.text()).isEqualTo("a");
        assertThat(asked).hasSize(1);
        in.space();
        assertThat(in.text()).isEqualTo("b");
        in.crlf();
        assertThat(asked).hasSize(1);
    }

    @Test
    void readsNstrings() throws IOException {
        Rule<Optional<byte[]>> nstring = in -> Optional.ofNullable(in.nstring());
        assertThat(read("nil", nstring)).isEmpty();
        assertThat(read("\"NIL\"", nstring))
                .hasValueSatisfying(text -> assertThat(text).asString().isEqualTo("NIL"));
        refuses("NILS", nstring);
        refuses("x", nstring);
    }

    @Test
    void readsTextAsUtf8() throws IOException {
        String octets = new String("Zürich".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(read('"' + octets + '"', WireReader::text)).isEqualTo("Zürich");
        refuses("\"Z\u00fcrich\"", WireReader::text);
    }

    @ParameterizedTest
    @CsvSource({
        "1-Feb-1994,1994-02-01",
        "01-FEB-1994,1994-02-01",
        "\"29-feb-2024\",2024-02-29",
        "31-Dec-9999,9999-12-31"
    })
    void readsDates(String line, LocalDate date) throws IOException {
        assertThat(read(line, WireReader::date)).isEqualTo(date);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0-Feb-1994",
                "30-Feb-1994",
                "29-Feb-2023",
                "1-Foo-1994",
                "1-Fe-1994",
                "1-Feb-94",
                "001-Feb-1994",
                "\"1-Feb-1994",
                "1-Feb-1994\"",
                "1-2-1994",
                " 1-Feb-1994"
            })
    void refusesWhatIsNoDate(String line) {
        refuses(line, WireReader::date);
    }

    @ParameterizedTest
    @CsvSource({
        "\"17-Jul-1996 02:44:25 -0700\",1996-07-17T02:44:25-07:00",
        "\" 7-Feb-1994 21:52:25 +0530\",1994-02-07T21:52:25+05:30",
        "\"01-jan-1970 00:00:00 +0000\",1970-01-01T00:00:00Z",
        "\"31-Dec-2016 23:59:60 +0000\",2016-12-31T23:59:59Z"
    })
    void readsDateTimes(String line, OffsetDateTime date) throws IOException {
        assertThat(read(line, WireReader::dateTime)).isEqualTo(date);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "17-Jul-1996 02:44:25 -0700",
                "\"7-Jul-1996 02:44:25 -0700\"",
                "\"17-Jul-1996 24:00:00 -0700\"",
                "\"17-Jul-1996 02:60:25 -0700\"",
                "\"17-Jul-1996 02:44:61 -0700\"",
                "\"17-Jul-1996 2:44:25 -0700\"",
                "\"17-Jul-1996 02:44:25 0700\"",
                "\"17-Jul-1996 02:44:25 -9900\"",
                "\"17-Jul-1996 02:44:25 -0700",
                "\"17-Jul-1996  02:44:25 -0700\"",
                "\"32-Jul-1996 02:44:25 -0700\""
            })
    void refusesWhatIsNoDateTime(String line) {
        refuses(line, WireReader::dateTime);
    }

    @Test
    void readsFlags() throws IOException {
        Set<Flag> both = Set.of(Flag.Standard.SEEN, new Flag.Keyword("$Forwarded"));
        assertThat(read("(\\sEEN $forwarded)", WireReader::flagList)).isEqualTo(both);
        assertThat(read("\\Seen $Forwarded", WireReader::storeFlags)).isEqualTo(both);
        assertThat(read("(\\Seen $Forwarded)", WireReader::storeFlags)).isEqualTo(both);
        assertThat(read("()", WireReader::flagList)).isEmpty();
    }

    @Test
    void dropsRecentFromFlagsOfAClient() throws IOException {
        assertThat(read("(\\Recent \\Draft)", WireReader::flagList)).containsExactly(Flag.Standard.DRAFT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(\\Important)",
                "(\\*)",
                "(\\)",
                "( \\Seen)",
                "(\\Seen )",
                "(\\Seen",
                "(a,\"b\")",
                "(\"b\")",
                "((a))"
            })
    void refusesWhatIsNoFlagList(String line) {
        refuses(line, WireReader::flagList);
    }

    @Test
    void readsMailboxNames() throws IOException {
        assertThat(read("iNbOx", WireReader::mailbox)).isEqualTo(MailboxName.INBOX);
        assertThat(read("\"Entw&APw-rfe\"", WireReader::mailbox)).isEqualTo(new MailboxName("Entwürfe"));
        assertThat(read("{5+}\r\na/b c", WireReader::mailbox)).isEqualTo(new MailboxName("a/b c"));
        refuses("&Jjo!", WireReader::mailbox);
        refuses("\"Entw\u00fcrfe\"", WireReader::mailbox);
        refuses("a*", WireReader::mailbox);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "a//b", "/a", "a/", "&AAE-", "\"\1\""})
    void saysThatNoMailboxCanHaveSuchAName(String line) {
        if (line.equals("\"\1\"")) {
            refuses(line, WireReader::mailbox); // no modified UTF-7
            return;
        }
        assertThatThrownBy(() -> read(line, WireReader::mailbox))
                .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ResponseCode.Word.CANNOT));
    }

    @Test
    void readsPatterns() throws IOException {
        assertThat(read("%/*", WireReader::listMailbox)).isEqualTo("%/*");
        assertThat(read("\"\"", WireReader::listMailbox)).isEmpty();
        assertThat(read("&APw-*", WireReader::listMailbox)).isEqualTo("ü*");
        refuses("&AP*-", WireReader::listMailbox);
    }

    @Test
    void readsBase64() throws IOException {
        assertThat(read("AGEAYg==", WireReader::base64)).containsExactly(0, 'a', 0, 'b');
        assertThat(read("", WireReader::base64)).isEmpty();
        for (String line : List.of("A", "AB", "ABC", "=AAA", "AAA=BBB", "AB=C", "A===", "AAAA=", "AB-_", "AA==AAAA")) {
            refuses(line, WireReader::base64);
        }
    }

    @Test
    void takesALoneLineFeedAsLineEndAndNoLoneCarriageReturn() throws IOException {
        var in = new WireReader(TestClient.sends("a\nb\r\nc\rd\r\n"), WireLimits.AUTHENTICATED, () -> {});
        in.tag();
        in.crlf();
        in.tag();
        in.crlf();
        in.tag();
        assertThatThrownBy(in::crlf).isInstanceOf(SyntaxException.class);
    }

    @Test
    void tellsTheEndOfTheStreamFromTheEndOfALine() throws IOException {
        var in = new WireReader(TestClient.sends("a"), WireLimits.AUTHENTICATED, () -> {});
        assertThat(in.awaitInput()).isTrue();
        assertThatThrownBy(in::tag).isInstanceOf(EOFException.class);
        assertThat(in.awaitInput()).isFalse();
    }

    @Test
    void forgetsWhatWasSentBeforeTls() throws IOException {
        var in = new WireReader(TestClient.sends("a\r\nb NOOP\r\n"), WireLimits.AUTHENTICATED, () -> {});
        in.tag();
        in.crlf();
        assertThat(in.bufferedBytes()).isEqualTo(8);
        in.discardBuffered();
        in.input(TestClient.sends("c\r\n"));
        assertThat(in.bufferedBytes()).isZero();
        assertThat(in.awaitInput()).isTrue();
        assertThat(in.tag().value()).isEqualTo("c");
    }

    @Test
    void holdsNoBufferWhileItWaitsForACommand() throws IOException {
        var calls = new ArrayList<String>();
        var client = new FilterInputStream(TestClient.sends("a\r\nb\r\n")) {
            @Override
            public int read() throws IOException {
                calls.add("one octet");
                return super.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                calls.add("a buffer");
                return super.read(into, offset, Math.min(length, 2));
            }
        };
        var in = new WireReader(client, WireLimits.AUTHENTICATED, () -> {});
        for (int i = 0; i < 2; i++) {
            calls.clear();
            assertThat(in.awaitInput()).isTrue();
            assertThat(calls).containsExactly("one octet");
            in.tag();
            in.crlf();
            assertThat(calls).containsExactly("one octet", "a buffer");
        }
    }
}
