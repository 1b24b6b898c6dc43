package heddle.protocol.mime;

import static heddle.protocol.mime.MessageParserTest.parse;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Broken and hostile mail: each is taken, and what is made of it stays small. */
class MalformedMessageTest {
    private static String text(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    private static String text(String message, ByteRange range) {
        return message.substring((int) range.offset(), (int) range.end());
    }

    private static List<String> bodies(String message) {
        return parse(message).root().children().stream()
                .map(part -> text(message, part.body()))
                .toList();
    }

    @Test
    void takesLinesThatAreNoFieldsAsPartOfTheHeader() {
        String message = "From ann Mon Jan  1\r\nSubject: x\r\nno colon here\r\n: no name\r\n\r\nbody";
        ParsedMessage parsed = parse(message);
        assertThat(text(message, parsed.root().body())).isEqualTo("body");
        assertThat(parsed.search().headerText()).isEqualTo("subject: x\n");
    }

    @Test
    void takesAMessageWithoutAHeader() {
        ParsedMessage parsed = parse("\r\nbody");
        assertThat(parsed.root().header()).isEqualTo(new ByteRange(0, 2));
        assertThat(parsed.root().body()).isEqualTo(new ByteRange(2, 4));
        assertThat(parsed.search().bodyText()).isEqualTo("body\n");
    }

    @Test
    void takesAMessageWithoutABody() {
        ParsedMessage parsed = parse("Subject: x\r\nTo: y");
        assertThat(parsed.root().header()).isEqualTo(new ByteRange(0, 17));
        assertThat(parsed.root().body()).isEqualTo(new ByteRange(17, 0));
    }

    @Test
    void takesLinesThatEndWithLineFeedOnly() {
        String message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n\n--b--\n";
        assertThat(bodies(message)).containsExactly("one", "two\n");
    }

    @Test
    void doesNotTakeACarriageReturnForALineBreak() {
        String message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r--b\r\r\n--b--";
        assertThat(bodies(message)).containsExactly("one\r--b\r");
    }

    @Test
    void endsAPartAtTheBoundaryOfAnOuterOne() {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=outer",
                "",
                "--outer",
                "Content-Type: multipart/mixed; boundary=inner",
                "",
                "--inner",
                "",
                "one",
                "--outer",
                "",
                "two",
                "--inner",
                "not a boundary any more",
                "--outer--");
        assertThat(bodies(message)).containsExactly("--inner\r\n\r\none", "two\r\n--inner\r\nnot a boundary any more");
        assertThat(text(
                        message,
                        parse(message).root().find(List.of(1, 1)).orElseThrow().body()))
                .isEqualTo("one");
    }

    @Test
    void prefersTheInnerOneOfEqualBoundariesAndTheLongerOfSimilarOnes() {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "",
                "one",
                "--b--",
                "--b",
                "Content-Type: multipart/mixed; boundary=\"b--\"",
                "",
                "--b--",
                "",
                "two",
                "--b----",
                "--b--",
                "");
        assertThat(text(
                        message,
                        parse(message).root().find(List.of(1, 1)).orElseThrow().body()))
                .isEqualTo("one");
        assertThat(text(
                        message,
                        parse(message).root().find(List.of(2, 1)).orElseThrow().body()))
                .isEqualTo("two");
    }

    @Test
    void endsAHeaderAtABoundary() {
        String message =
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b\r\n--b--";
        ParsedMessage parsed = parse(message);
        assertThat(parsed.root().children())
                .extracting(part -> text(message, part.header()))
                .containsExactly("Content-Type: text/html\r\n", "");
        assertThat(bodies(message)).containsExactly("", "");
    }

    @Test
    void keepsAnEmptyEncapsulatedMessageInsideItsPart() {
        String message = String.join(
                "\r\n",
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "Content-Type: message/rfc822",
                "",
                "Subject: x",
                "",
                "--b--");
        MessagePart part = parse(message).root().children().getFirst();
        assertThat(text(message, part.body())).isEqualTo("Subject: x\r\n");
        assertThat(text(message, part.children().getFirst().header())).isEqualTo("Subject: x\r\n");
        assertThat(part.children().getFirst().body().length()).isZero();
    }

    @Test
    void givesTheRestToTheLastOfTooManyParts() {
        String message =
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n".repeat(20_000) + "--b--";
        ParsedMessage parsed = parse(message);
        assertThat(parsed.root().children()).hasSize(MimeLimits.DEFAULT.parts() - 1);
        MessagePart last = parsed.root().children().getLast();
        assertThat(last.body().end()).isEqualTo(message.length());
        assertThat(parsed.structure().bodyStructure().length).isLessThan(1_000_000);
        assertThat(MessagePart.fromBytes(parsed.root().toBytes())).isEqualTo(parsed.root());
    }

    @Test
    void doesNotLookIntoPartsThatAreNestedTooDeep() {
        var multiparts = new StringBuilder("Subject: deep\r\n");
        var messages = new StringBuilder();
        for (int depth = 0; depth < 1000; depth++) {
            multiparts.append("Content-Type: multipart/mixed; boundary=b").append(depth);
            multiparts.append("\r\n\r\n--b").append(depth).append("\r\n");
            messages.append("Content-Type: message/rfc822\r\n\r\n");
        }
        assertThat(depth(parse(multiparts.toString()).root())).isEqualTo(MimeLimits.DEFAULT.depth());
        assertThat(depth(parse(messages.toString()).root())).isEqualTo(MimeLimits.DEFAULT.depth());
        assertThat(text(parse(messages.toString()).structure().body()))
                .contains("(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"7BIT\"");
    }

    private static int depth(MessagePart part) {
        return part.children().isEmpty() ? 0 : 1 + depth(part.children().getFirst());
    }

    @Test
    void readsOnlyTheFrontOfAFieldThatIsTooLong() {
        var limits = new MimeLimits(10, 10, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 8 << 10);
        String message = "X: " + "y".repeat(3 << 20) + "\r\n " + "z".repeat(3 << 20) + "\r\nSubject: after\r\n\r\nbody";
        ParsedMessage parsed = parse(message, limits);
        assertThat(text(message, parsed.root().body())).isEqualTo("body");
        assertThat(text(parsed.structure().envelope())).contains("\"after\"");
        assertThat(parsed.search().isHeaderTextTruncated()).isTrue();
        assertThat(parsed.search().headerText().length()).isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void keepsFieldsOfOneMegabyte() {
        String id = "<" + "x".repeat(1 << 20) + "@\0>";
        ParsedMessage parsed = parse("Message-ID: " + id + "\r\nSubject: " + id + "\r\nReferences: " + id + "\r\n\r\n");
        assertThat(text(parsed.structure().envelope()))
                .isEqualTo("(NIL {1048580}\r\n" + id.replace('\0', '\u0080')
                        + " NIL NIL NIL NIL NIL NIL NIL {1048580}\r\n" + id.replace('\0', '\u0080') + ")");
        assertThat(parsed.structure().commonHeader()).isNull();
        assertThat(parsed.search().headerText()).doesNotContain("\0");
    }

    @Test
    void givesAllOfAnAddressListOfTwentyMegabytes() {
        String one = "Somebody Somewhere <somebody@somewhere.example>";
        int count = (20 << 20) / (one.length() + 3);
        ParsedMessage parsed = parse("To: " + (one + ",\r\n ").repeat(count) + "\r\n\r\nbody");
        String address = "(\"Somebody Somewhere\" NIL \"somebody\" \"somewhere.example\")";
        assertThat(parsed.structure().envelope())
                .hasSize("(NIL NIL NIL NIL NIL () NIL NIL NIL NIL)".length() + count * address.length());
    }

    @Test
    void cutsAnEnvelopeThatWouldGrowManyTimesLargerThanTheField() {
        var limits = new MimeLimits(10, 10, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 8 << 10);
        ParsedMessage parsed = parse("To: " + "a,".repeat(1 << 20) + "\r\n\r\n", limits);
        assertThat(parsed.structure().envelope().length).isLessThan((1 << 20) + 100);
        assertThat(text(parsed.structure().envelope())).endsWith("(NIL NIL \"a\" \"\")) NIL NIL NIL NIL)");
    }

    @Test
    void readsEncodedWordsAndParametersThatNeverEnd() {
        String words = "=?".repeat(300_000) + " =?a?q?".repeat(100_000);
        assertThat(parse("Subject: " + words + "\r\n\r\n").search().fields().subject())
                .hasSize(words.length());
        String parameters = "; a*0=\"".repeat(100_000) + "(".repeat(100_000);
        assertThat(parse("Content-Type: text/plain" + parameters + "\r\n\r\n")
                        .structure()
                        .body()
                        .length)
                .isLessThan(200_000);
    }
}
