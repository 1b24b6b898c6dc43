package heddle.protocol.mime;

import static heddle.protocol.mime.MessageParserTest.parse;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.Charset;
import java.time.LocalDate;
import java.util.Base64;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SearchTextTest {
    @ParameterizedTest
    @MethodSource
    void normalizes(String text, String expected) {
        assertThat(SearchText.normalize(text)).isEqualTo(expected);
        assertThat(SearchText.normalize(expected)).isEqualTo(expected);
    }

    static Stream<Arguments> normalizes() {
        return Stream.of(
                arguments("", ""),
                arguments("Hello World", "hello world"),
                arguments(" a\t\r\n b  ", " a b "),
                arguments("a\u00a0\u2003b\u3000 c", "a b c"),
                arguments("a\0b", "ab"),
                arguments("a\ud800b\udc00", "ab"),
                arguments("\ud83d\ude42", "\ud83d\ude42"),
                arguments("e\u0301", "\u00e9"),
                arguments("word E\u0301", "word \u00e9"),
                arguments("Stra\u00dfe STRASSE", "strasse strasse"),
                arguments(
                        "\u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03bf\u03c2",
                        "\u03bf\u03b4\u03bf\u03c3 \u03bf\u03b4\u03bf\u03c3"),
                arguments("\ufb01n", "fin"),
                arguments("\u041f\u0440\u0418\u0432\u0415\u0442", "\u043f\u0440\u0438\u0432\u0435\u0442"),
                arguments("ISTANBUL", "istanbul"),
                arguments("\u4f60\u597d".repeat(3000), "\u4f60\u597d".repeat(3000)),
                arguments("X".repeat(5000), "x".repeat(5000)),
                arguments("E\u0301".repeat(5000), "\u00e9".repeat(5000)));
    }

    /** The text of a part: its content fields, its octets, what SEARCH BODY looks at. */
    @ParameterizedTest
    @MethodSource
    void readsTextParts(String fields, byte[] body, String expected) {
        String message = fields + "\r\n\r\n" + new String(body, ISO_8859_1);
        assertThat(parse(message).search().bodyText()).isEqualTo(expected + "\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] bytes(String text, String charset) {
        return text.getBytes(Charset.forName(charset));
    }

    static Stream<Arguments> readsTextParts() {
        return Stream.of(
                arguments("Subject: x", bytes("Hello\r\nWorld"), "hello world"),
                arguments("Content-Type: text/plain; charset=utf-8", bytes("Gr\u00fc\u00dfe"), "gr\u00fcsse"),
                arguments("Content-Type: text/plain; charset=utf-8", new byte[] {'a', (byte) 0xff, 'b'}, "a\ufffdb"),
                arguments("Content-Type: text/plain; charset=iso-8859-1", bytes("\u00c5se", "iso-8859-1"), "\u00e5se"),
                arguments("Content-Type: text/plain; charset=koi8-r", bytes("\u041f\u0440", "koi8-r"), "\u043f\u0440"),
                arguments(
                        "Content-Type: text/plain; charset=iso-2022-jp",
                        bytes("\u65e5\u672c", "iso-2022-jp"),
                        "\u65e5\u672c"),
                arguments("Content-Type: text/plain; charset=nonsense", bytes("\u00e9", "iso-8859-1"), "\u00e9"),
                arguments("Content-Type: text/plain; charset=us-ascii", bytes("\u00e9"), "\u00e9"),
                arguments("Content-Type: text/plain", bytes("\u00e9 e\u00e9", "iso-8859-1"), "\u00e9 e\u00e9"),
                arguments(
                        "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8",
                        bytes("a=C3=A9=\r\nb=  \r\nc =3D = d  \r\ne=e"),
                        "a\u00e9bc = = d e=e"),
                arguments(
                        "Content-Transfer-Encoding: BASE64",
                        Base64.getMimeEncoder().encode(bytes("hello ".repeat(1000))),
                        "hello ".repeat(1000).strip()),
                arguments("Content-Transfer-Encoding: base64", bytes("aGVs\r\nbG8=\r\nd29y!bGQ"), "helloworld"),
                arguments("Content-Transfer-Encoding: x-unknown", bytes("as it is"), "as it is"),
                arguments(
                        "Content-Type: text/html",
                        bytes(
                                "<!DOCTYPE html><html><head><style>p > a { x }</style><script>if (a</script"
                                        + "> 1) \"</script></head><body class='a>b'><!-- no > no -->"
                                        + "<P>One<b>Two</b><br/>3&nbsp;4 &lt;&amp;&eacute;&#8364;&#x41;&nonsense; 1 < 2</p>x</body>"),
                        " 1) \" onetwo 3 4 <&\u00e9\u20aca&nonsense; 1 < 2 x"),
                arguments("Content-Type: text/html", bytes("a<b"), "a"),
                arguments("Content-Type: text/html", bytes("a &amp"), "a &"),
                arguments("Content-Type: text/html", bytes("a <"), "a <"),
                arguments("Content-Type: text/html", bytes("<script>never closed"), ""));
    }

    @Test
    void leavesOutWhatIsNotText() {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "preamble",
                "--b",
                "",
                "One",
                "--b",
                "Content-Type: application/pdf",
                "",
                "Two",
                "--b",
                "Content-Type: message/rfc822",
                "",
                "Subject: =?utf-8?q?Three?=",
                "X-Other: four",
                "",
                "Five",
                "--b--",
                "epilogue");
        assertThat(parse(message).search().bodyText()).isEqualTo("one\nthree\nfive\n");
    }

    @Test
    void stopsAtTheLimitAndFindsTheRestInTheMessage() throws IOException {
        var limits = new MimeLimits(100, 10, 1000, 1000, 50, 50, 1000);
        String message = "Subject: Of The Message " + "x".repeat(100) + " subject end\r\n\r\n" + "A word. ".repeat(5000)
                + "Needle " + "a word. ".repeat(5000);
        ParsedMessage parsed = parse(message, limits);
        assertThat(parsed.search().bodyText()).hasSize(50);
        assertThat(parsed.search().isBodyTextTruncated()).isTrue();
        assertThat(parsed.search().headerText()).hasSize(50);
        assertThat(parsed.search().isHeaderTextTruncated()).isTrue();
        MessageSource source = MessageSource.of(message.getBytes(ISO_8859_1));
        assertThat(TextSearch.contains(source, parsed.root(), "word. needle a word"))
                .isTrue();
        assertThat(TextSearch.contains(source, parsed.root(), "word needle")).isFalse();
        assertThat(TextSearch.contains(source, parsed.root(), "of the message")).isFalse();
        assertThat(TextSearch.headerContains(source, parsed.root(), "subject", "x subject end", limits))
                .isTrue();
        assertThat(TextSearch.headerContains(source, parsed.root(), "", "subject: of", limits))
                .isTrue();
        assertThat(TextSearch.headerContains(source, parsed.root(), "to", "", limits))
                .isFalse();
        assertThat(TextSearch.headerContains(source, parsed.root(), "subject", "needle", limits))
                .isFalse();
    }

    @Test
    void findsInTheMessageWhatTheStoredTextHas() throws IOException {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "Content-Type: message/rfc822",
                "",
                "Subject: Inner",
                "",
                "Body",
                "--b",
                "Content-Type: text/html",
                "Content-Transfer-Encoding: base64",
                "",
                Base64.getEncoder().encodeToString(bytes("<p>Last</p>")),
                "--b--");
        ParsedMessage parsed = parse(message);
        assertThat(parsed.search().bodyText()).isEqualTo("inner\nbody\n last\n");
        MessageSource source = MessageSource.of(message.getBytes(ISO_8859_1));
        for (String needle : new String[] {"inner", "body", "last", ""}) {
            assertThat(TextSearch.contains(source, parsed.root(), needle))
                    .as(needle)
                    .isTrue();
        }
        assertThat(TextSearch.contains(source, parsed.root(), "base64")).isFalse();
    }

    @Test
    void gathersHeaderFields() {
        ParsedMessage parsed = parse(String.join(
                "\r\n",
                "Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?w4A=?= and =?utf-8?q?_more_=E2=82?=",
                " =?utf-8?q?=AC?= =?nonsense?q?x?= =?utf-8?x?y?=",
                "To: Ann <ANN@x>",
                "X-Any:  Two   Words ",
                "To: b@y",
                "Bcc: caf\u00e9@z",
                "",
                ""));
        assertThat(parsed.search().fields())
                .isEqualTo(new SearchFields(
                        "gr\u00fcsse\u00e0 and more \u20acx =?utf-8?x?y?=", "", "ann <ann@x>\nb@y", "", "caf\u00e9@z"));
        assertThat(parsed.search().headerText()).isEqualTo("""
                        subject: gr\u00fcsse\u00e0 and more \u20acx =?utf-8?x?y?=
                        to: ann <ann@x>
                        x-any: two words
                        to: b@y
                        bcc: caf\u00e9@z
                        """);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            delimiter = '|',
            value = {
                "Wed, 17 Jul 1996 23:59:25 -0700 (PDT)|1996-07-17",
                "1 jan 2024 00:00|2024-01-01",
                "Thu, 29 Feb 2024 25:61:00 nonsense|2024-02-29",
                "Monday, 02-Jan-06 15:04:05 MST|2006-01-02",
                "2 Jan 99 10:00:00 GMT|1999-01-02",
                "Mon Jan  2 15:04:05 2006|2006-01-02",
                "Wed, 31 Feb 2024 10:00:00 +0000|none",
                "17 Nonsense 2024|none",
                "99999999999999999999 Jan 2024|none",
                "yesterday|none"
            })
    void readsTheDateAsWritten(String field, @Nullable LocalDate expected) {
        assertThat(parse("Date: " + field + "\r\n\r\n").sentOn()).isEqualTo(expected);
    }

    @Test
    void previewsTheFirstTextThatIsNotEmpty() {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "",
                "  ",
                "--b",
                "Content-Type: text/html",
                "",
                "<title>The</title> Title: &Uuml;" + " word".repeat(100),
                "--b",
                "",
                "later",
                "--b--");
        String preview = parse(message).preview();
        assertThat(preview).startsWith("The Title: \u00dc word word").hasSizeBetween(190, 200);
    }
}
