package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MessageParserTest {
    static ParsedMessage parse(String message) {
        return parse(message, MimeLimits.DEFAULT);
    }

    static ParsedMessage parse(String message, MimeLimits limits) {
        try {
            return MessageParser.parse(MessageSource.of(message.getBytes(ISO_8859_1)), limits);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static String envelope(String message) {
        return new String(parse(message).structure().envelope(), ISO_8859_1);
    }

    private static String body(String message) {
        return new String(parse(message).structure().body(), ISO_8859_1);
    }

    private static String bodyStructure(String message) {
        return new String(parse(message).structure().bodyStructure(), ISO_8859_1);
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines);
    }

    /** The sample connection of RFC 3501 §8; its header is 342 octets long. */
    private static final String SAMPLE_HEADER = lines(
            "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
            "From: Terry Gray <gray@cac.washington.edu>",
            "Subject: IMAP4rev1 WG mtg summary and minutes",
            "To: imap@cac.washington.edu",
            "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>",
            "Message-Id: <B27397-0100000@cac.washington.edu>",
            "MIME-Version: 1.0",
            "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII",
            "",
            "");

    /** What began a conversation is the first of References, else what is replied to, else the message itself. */
    @Test
    void tellsWhatBeganTheConversation() {
        assertThat(parse("Message-ID: <a@x>\r\n\r\n").threadRoot()).isEqualTo("a@x");
        assertThat(parse("Message-ID: <b@x>\r\nIn-Reply-To: your mail <a@x>\r\n\r\n")
                        .threadRoot())
                .isEqualTo("a@x");
        assertThat(parse("In-Reply-To: <b@x>\r\nReferences:\r\n <a@x>\r\n <b@x>\r\n\r\n")
                        .threadRoot())
                .isEqualTo("a@x");
        assertThat(parse("Message-ID: a@x\r\nReferences: <>, <a@x\r\n\r\n").threadRoot())
                .isNull();
        assertThat(parse("Subject: <a@x>\r\n\r\n<a@x>").threadRoot()).isNull();
    }

    @Test
    void givesEnvelopeAndBodyOfTheSampleConnection() {
        String message = SAMPLE_HEADER + "x".repeat(30) + "\r\n".repeat(92) + "x".repeat(3028 - 30 - 184);
        assertThat(envelope(message))
                .isEqualTo("(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\""
                        + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                        + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                        + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                        + " ((NIL NIL \"imap\" \"cac.washington.edu\"))"
                        + " ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
                        + "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL"
                        + " \"<B27397-0100000@cac.washington.edu>\")");
        assertThat(body(message)).isEqualTo("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92)");
        ParsedMessage parsed = parse(message);
        assertThat(parsed.root().header()).isEqualTo(new ByteRange(0, 342));
        assertThat(parsed.root().body()).isEqualTo(new ByteRange(342, 3028));
        assertThat(parsed.sentOn()).isEqualTo(LocalDate.of(1996, 7, 17));
    }

    /** A header of one field, and what its place in ENVELOPE becomes. */
    @ParameterizedTest
    @MethodSource
    void givesEnvelope(String header, String member, String expected) {
        String wanted =
                switch (member) {
                    case "date" -> "(" + expected + " NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
                    case "subject" -> "(NIL " + expected + " NIL NIL NIL NIL NIL NIL NIL NIL)";
                    case "from" ->
                        "(NIL NIL " + String.join(" ", expected, expected, expected) + " NIL NIL NIL NIL NIL)";
                    case "sender" -> "(NIL NIL NIL " + expected + " NIL NIL NIL NIL NIL NIL)";
                    case "to" -> "(NIL NIL NIL NIL NIL " + expected + " NIL NIL NIL NIL)";
                    case "in-reply-to" -> "(NIL NIL NIL NIL NIL NIL NIL NIL " + expected + " NIL)";
                    default -> throw new IllegalArgumentException(member);
                };
        assertThat(envelope(header)).isEqualTo(wanted);
    }

    static Stream<Arguments> givesEnvelope() {
        return Stream.of(
                arguments("Date:  1 Jan 2024 00:00:00 +0000 (UTC) \r\n", "date", "\"1 Jan 2024 00:00:00 +0000 (UTC)\""),
                arguments("Subject:\r\n", "subject", "\"\""),
                arguments("SUBJECT : old syntax\r\n", "subject", "\"old syntax\""),
                arguments("Subject: first\r\nSubject: second\r\n", "subject", "\"first\""),
                arguments("Subject: say \"hi\" to C:\\\r\n", "subject", "\"say \\\"hi\\\" to C:\\\\\""),
                arguments("Subject: a\r\n b\r\n\tc\r\n", "subject", "\"a b\tc\""),
                arguments("Subject: a\n b\n", "subject", "\"a b\""),
                arguments("Subject: =?utf-8?q?=C3=A9?=\r\n", "subject", "\"=?utf-8?q?=C3=A9?=\""),
                arguments("Subject: caf\u00e9\r\n", "subject", "{4}\r\ncaf\u00e9"),
                arguments("Subject: a\0b\r\n", "subject", "{3}\r\na\u0080b"),
                arguments("Subject: a\rb\r\n", "subject", "{3}\r\na\rb"),
                arguments("Subject: no line break", "subject", "\"no line break\""),
                arguments("Subject: " + "x".repeat(1001), "subject", "{1001}\r\n" + "x".repeat(1001)),
                arguments("In-Reply-To: <a@b>\r\n <c@d>\r\n", "in-reply-to", "\"<a@b> <c@d>\""),
                arguments("From: ann@example.org\r\n", "from", "((NIL NIL \"ann\" \"example.org\"))"),
                arguments("From: Ann <ann@example.org>\r\n", "from", "((\"Ann\" NIL \"ann\" \"example.org\"))"),
                arguments("From:ann@example.org (Ann Lee)\r\n", "from", "((\"Ann Lee\" NIL \"ann\" \"example.org\"))"),
                arguments("From:\r\n", "from", "NIL"),
                arguments("From: ,, ,\r\n", "from", "NIL"),
                arguments("Sender: ann@example.org\r\n", "sender", "((NIL NIL \"ann\" \"example.org\"))"),
                arguments("To: \"Lee, Ann\" <a.lee@x>\r\n", "to", "((\"Lee, Ann\" NIL \"a.lee\" \"x\"))"),
                arguments("To: \"a \\\" b\" <c@x>\r\n", "to", "((\"a \\\" b\" NIL \"c\" \"x\"))"),
                arguments("To: Ann  B.\r\n Lee <a@x>\r\n", "to", "((\"Ann B. Lee\" NIL \"a\" \"x\"))"),
                arguments("To: =?utf-8?q?=C3=A9?= <a@x>\r\n", "to", "((\"=?utf-8?q?=C3=A9?=\" NIL \"a\" \"x\"))"),
                arguments("To: caf\u00e9 <a@x>\r\n", "to", "(({4}\r\ncaf\u00e9 NIL \"a\" \"x\"))"),
                arguments(
                        "To: a@x, b@y\r\nTo: c@z\r\n",
                        "to",
                        "((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"y\")(NIL NIL \"c\" \"z\"))"),
                arguments("To: <@one,@two:a@x>\r\n", "to", "((NIL \"@one,@two\" \"a\" \"x\"))"),
                arguments("To: \"a b\"@x\r\n", "to", "((NIL NIL \"a b\" \"x\"))"),
                arguments("To: a @ x . org\r\n", "to", "((NIL NIL \"a\" \"x.org\"))"),
                arguments("To: a@[192.0.2.1]\r\n", "to", "((NIL NIL \"a\" \"[192.0.2.1]\"))"),
                arguments("To: a@[IPv6:2001:db8::1]\r\n", "to", "((NIL NIL \"a\" \"[IPv6:2001:db8::1]\"))"),
                arguments("To: root\r\n", "to", "((NIL NIL \"root\" \"\"))"),
                arguments("To: Ann <>\r\n", "to", "((\"Ann\" NIL \"\" \"\"))"),
                arguments("To: Ann <root>\r\n", "to", "((\"Ann\" NIL \"root\" \"\"))"),
                arguments("To: a (x (y) \\) z)@b\r\n", "to", "((\"x (y) ) z\" NIL \"a\" \"b\"))"),
                arguments(
                        "To: Friends: a@x, Bob <b@y>;, c@z\r\n",
                        "to",
                        "((NIL NIL \"Friends\" NIL)(NIL NIL \"a\" \"x\")(\"Bob\" NIL \"b\" \"y\")(NIL NIL NIL NIL)"
                                + "(NIL NIL \"c\" \"z\"))"),
                arguments(
                        "To: undisclosed-recipients:;\r\n",
                        "to",
                        "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))"),
                arguments("To: open: a@x\r\n", "to", "((NIL NIL \"open\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL))"),
                arguments("To: \"open <a@x>, b@y\r\n", "to", "((NIL NIL \"open <a@x>, b@y\" \"\"))"),
                arguments("To: (open <a@x>\r\n", "to", "NIL"),
                arguments("To: Ann <a@x, b@y\r\n", "to", "((\"Ann\" NIL \"a\" \"x\")(NIL NIL \"b\" \"y\"))"));
    }

    @Test
    void givesSenderAndReplyToTheirOwnAddresses() {
        assertThat(envelope("From: a@x\r\nReply-To: c@z\r\nSender:\r\n"))
                .isEqualTo("(NIL NIL ((NIL NIL \"a\" \"x\")) ((NIL NIL \"a\" \"x\")) ((NIL NIL \"c\" \"z\"))"
                        + " NIL NIL NIL NIL NIL)");
    }

    @ParameterizedTest
    @MethodSource
    void givesBodyStructure(String message, String expected) {
        assertThat(bodyStructure(message)).isEqualTo(expected);
        assertThat(body(message).length()).isLessThan(expected.length());
    }

    static Stream<Arguments> givesBodyStructure() {
        return Stream.of(
                arguments("", "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)"),
                arguments(
                        lines("Content-Type: text/html", "", "a", "b", ""),
                        "(\"TEXT\" \"HTML\" NIL NIL NIL \"7BIT\" 6 2 NIL NIL NIL NIL)"),
                arguments(
                        lines("Content-Type: nonsense; charset=utf-8", "", "a"),
                        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 1 0 NIL NIL NIL NIL)"),
                arguments(
                        lines(
                                "Content-Type: Application/PDF (a comment);",
                                "\tname=\"a \\\"b\\\".pdf\"; x = y",
                                "Content-Transfer-Encoding: Base64",
                                "Content-ID: <i@x>",
                                "Content-Description: what =?utf-8?q?=C3=A9?= is",
                                "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
                                "Content-Disposition: attachment; filename*0=\"a \"; filename*1=b.pdf; size=4",
                                "Content-Language: en, de",
                                "Content-Location: http://x/y",
                                "",
                                "QUJD"),
                        "(\"APPLICATION\" \"PDF\" (\"NAME\" \"a \\\"b\\\".pdf\" \"X\" \"y\") \"<i@x>\""
                                + " \"what =?utf-8?q?=C3=A9?= is\" \"BASE64\" 4 \"Q2hlY2sgSW50ZWdyaXR5IQ==\""
                                + " (\"ATTACHMENT\" (\"SIZE\" \"4\" \"FILENAME\" \"a b.pdf\")) (\"en\" \"de\")"
                                + " \"http://x/y\")"),
                arguments(
                        lines(
                                "Content-Type: image/png; name*=utf-8''%C3%A9.png",
                                "Content-Disposition: inline; filename*1*=%20b; filename*0*=us-ascii'en'a; filename*2=\"c d\"",
                                "Content-Language: en",
                                "",
                                ""),
                        "(\"IMAGE\" \"PNG\" (\"NAME*\" \"utf-8''%C3%A9.png\") NIL NIL \"7BIT\" 0 NIL"
                                + " (\"INLINE\" (\"FILENAME*\" \"us-ascii'en'a%20bc%20d\")) \"en\" NIL)"),
                arguments(
                        lines(
                                "Content-Type: multipart/mixed; boundary=\"b b\"",
                                "Content-Disposition: inline",
                                "Content-Language: en",
                                "Content-Location: x",
                                "",
                                "preamble",
                                "--b b  ",
                                "",
                                "one",
                                "",
                                "--b b",
                                "Content-Type: image/gif",
                                "Content-Transfer-Encoding: base64",
                                "",
                                "QUJD",
                                "--b b--",
                                "epilogue"),
                        "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 5 1 NIL NIL NIL NIL)"
                                + "(\"IMAGE\" \"GIF\" NIL NIL NIL \"BASE64\" 4 NIL NIL NIL NIL) \"MIXED\""
                                + " (\"BOUNDARY\" \"b b\") (\"INLINE\" NIL) \"en\" \"x\")"),
                arguments(
                        lines(
                                "Content-Type: message/rfc822",
                                "",
                                "Subject: inner",
                                "Content-Type: text/plain",
                                "",
                                "hello",
                                ""),
                        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 51 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL)"
                                + " (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 7 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)"),
                arguments(
                        lines(
                                "Content-Type: multipart/digest; boundary=b",
                                "",
                                "--b",
                                "",
                                "Subject: in a digest",
                                "",
                                "hello",
                                "--b--",
                                ""),
                        "((\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 29 (NIL \"in a digest\" NIL NIL NIL NIL NIL NIL"
                                + " NIL NIL) (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 5 0 NIL NIL"
                                + " NIL NIL) 2 NIL NIL NIL NIL) \"DIGEST\" (\"BOUNDARY\" \"b\") NIL NIL NIL)"),
                arguments(
                        lines("Content-Type: multipart/mixed; boundary=b", "", "never", "there"),
                        "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL) \"MIXED\""
                                + " (\"BOUNDARY\" \"b\") NIL NIL NIL)"),
                arguments(
                        lines("Content-Type: multipart/mixed", "", "no boundary"),
                        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 11 0 NIL NIL NIL NIL)"));
    }
}
