package heddle.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import heddle.protocol.FetchItem;
import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.FetchItem.Reading;
import heddle.protocol.Flag.Standard;
import heddle.protocol.Numbering;
import heddle.protocol.Partial;
import heddle.protocol.Section;
import heddle.protocol.Section.Kind;
import heddle.protocol.wire.WireWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FetchResponseTest {
    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
    private final WireWriter out = new WireWriter(octets);
    private final FetchResponse fetch = new FetchResponse(out, Numbering.SEQUENCE);

    private String written() throws IOException {
        out.flush();
        return octets.toString(StandardCharsets.ISO_8859_1);
    }

    private static FetchItem body(List<Long> part, Kind kind) {
        return new FetchItem.BodySection(Section.of(part, kind), null, Reading.PEEK);
    }

    @Test
    void namesTheMessage() throws IOException {
        fetch.startWithUid(12, 4827);
        fetch.end();
        var byUid = new FetchResponse(out, Numbering.UID);
        byUid.startWithUid(12, 4827);
        byUid.modSeq(7);
        byUid.end();
        assertThat(written()).isEqualTo("* 12 FETCH (UID 4827)\r\n* 4827 UIDFETCH (MODSEQ (7))\r\n");
    }

    @Test
    void writesAllItems() throws IOException {
        fetch.start(12, 4827);
        fetch.flags(Standard.SEEN.bit(), List.of(WireWriter.ascii("$Junk")));
        fetch.internalDate(OffsetDateTime.parse("1996-07-07T02:44:25-07:30"));
        fetch.rfc822Size(4286);
        fetch.envelope(WireWriter.ascii("(NIL)"));
        fetch.value(FetchResponse.label(Attribute.BODYSTRUCTURE)).raw(WireWriter.ascii("(x)"));
        fetch.uid(4294967295L);
        fetch.literal(FetchResponse.label(body(List.of(), Kind.HEADER)), 3).raw(WireWriter.ascii("a\r\n"));
        fetch.literal8(FetchResponse.label(new FetchItem.Binary(List.of(1L), null, Reading.PEEK)), 1)
                .raw(new byte[1]);
        fetch.nil(FetchResponse.label(body(List.of(9L), Kind.WHOLE)));
        fetch.number(FetchResponse.label(new FetchItem.BinarySize(List.of(2L))), 17);
        fetch.end();
        assertThat(written())
                .isEqualTo("* 12 FETCH (FLAGS (\\Seen $Junk) INTERNALDATE \" 7-Jul-1996 02:44:25 -0730\""
                        + " RFC822.SIZE 4286 ENVELOPE (NIL) BODYSTRUCTURE (x) UID 4294967295"
                        + " BODY[HEADER] {3}\r\na\r\n BINARY[1] ~{1}\r\n\0 BODY[9] NIL BINARY.SIZE[2] 17)\r\n");
    }

    @Test
    void writesEachCombinationOfFlags() throws IOException {
        fetch.start(1, 4827);
        fetch.flags(0, List.of());
        fetch.flags(0, List.of(WireWriter.ascii("a"), WireWriter.ascii("b")));
        fetch.flags(FetchResponse.RECENT, List.of(WireWriter.ascii("a")));
        fetch.flags(2 * FetchResponse.RECENT - 1, List.of());
        fetch.end();
        assertThat(written())
                .isEqualTo("* 1 FETCH (FLAGS () FLAGS (a b) FLAGS (\\Recent a)"
                        + " FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft \\Recent))\r\n");
    }

    static Stream<Arguments> labels() {
        return Stream.of(
                arguments("RFC822.HEADER", Attribute.RFC822_HEADER),
                arguments("BODY[]", body(List.of(), Kind.WHOLE)),
                arguments("BODY[1.2]", body(List.of(1L, 2L), Kind.WHOLE)),
                arguments("BODY[TEXT]", body(List.of(), Kind.TEXT)),
                arguments("BODY[1.2.MIME]", body(List.of(1L, 2L), Kind.MIME)),
                arguments(
                        "BODY[3.HEADER.FIELDS (From \"a b\")]<10>",
                        new FetchItem.BodySection(
                                new Section(List.of(3L), Kind.HEADER_FIELDS, List.of("From", "a b")),
                                new Partial(10, 20),
                                Reading.SETS_SEEN)),
                arguments("BINARY[]<5>", new FetchItem.Binary(List.of(), new Partial(5, 1), Reading.PEEK)),
                arguments("BINARY.SIZE[4.1]", new FetchItem.BinarySize(List.of(4L, 1L))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("labels")
    void namesAnItemAsTheAnswerDoes(String label, FetchItem item) {
        assertThat(FetchResponse.label(item)).asString().isEqualTo(label);
    }
}
