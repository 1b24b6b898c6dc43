package heddle.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import heddle.protocol.Capability;
import heddle.protocol.Event;
import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.SearchReturn;
import heddle.protocol.SearchReturns;
import heddle.protocol.SpecialUse;
import heddle.protocol.StatusItem;
import heddle.protocol.Tag;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.protocol.response.ListResponse.Attribute;
import heddle.protocol.response.ListResponse.ChildInfo;
import heddle.protocol.response.ListResponse.Kind;
import heddle.protocol.response.NamespaceResponse.Namespace;
import heddle.protocol.response.ResponseCode.PermanentFlags.NewKeywords;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.WireWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseTest {
    private static final Tag TAG = new Tag("a1");
    private static final UidValidity VALIDITY = new UidValidity(38505);

    private static Response ok(ResponseCode code) {
        return StatusResponse.ok(Tag.UNTAGGED, code, "text");
    }

    private static UidSet uids(long... members) {
        var builder = new UidSet.Builder();
        for (long member : members) {
            builder.add(member);
        }
        return builder.build();
    }

    static Stream<Arguments> responses() {
        var work = new MailboxName("Work");
        List<Flag> flags = List.of(Flag.Standard.SEEN, new Flag.Keyword("$Junk"));
        List<Capability> capabilities = List.of(new Capability("IMAP4rev1"), new Capability("AUTH=PLAIN"));
        return Stream.of(
                arguments("a1 OK done", StatusResponse.ok(TAG, null, "done")),
                arguments("a1 NO [TRYCREATE] no", StatusResponse.no(TAG, Word.TRYCREATE, "no")),
                arguments("a1 BAD [CLIENTBUG] a?b", StatusResponse.bad(TAG, Word.CLIENTBUG, "a\nb")),
                arguments("* BYE bye", StatusResponse.bye(null, "bye")),
                arguments("* OK [READ-ONLY] text", ok(Word.READ_ONLY)),
                arguments("* OK [UNKNOWN-CTE] text", ok(Word.UNKNOWN_CTE)),
                arguments(
                        "* OK [APPENDUID 38505 3955] text", ok(new ResponseCode.AppendUid(VALIDITY, UidSet.of(3955)))),
                arguments(
                        "* OK [COPYUID 38505 304,319:320 3956:3958] text",
                        ok(new ResponseCode.CopyUid(VALIDITY, uids(304, 319, 320), uids(3956, 3957, 3958)))),
                arguments(
                        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] text", ok(new ResponseCode.Capabilities(capabilities))),
                arguments(
                        "* OK [PERMANENTFLAGS (\\Seen $Junk \\*)] text",
                        ok(new ResponseCode.PermanentFlags(flags, NewKeywords.ALLOWED))),
                arguments(
                        "* OK [PERMANENTFLAGS (\\*)] text",
                        ok(new ResponseCode.PermanentFlags(List.of(), NewKeywords.ALLOWED))),
                arguments(
                        "* OK [PERMANENTFLAGS ()] text",
                        ok(new ResponseCode.PermanentFlags(List.of(), NewKeywords.REFUSED))),
                arguments("* OK [UIDNEXT 4392] text", ok(new ResponseCode.UidNext(new Uid(4392)))),
                arguments("* OK [UIDVALIDITY 38505] text", ok(new ResponseCode.Validity(VALIDITY))),
                arguments("* OK [UNSEEN 12] text", ok(new ResponseCode.Unseen(12))),
                arguments(
                        "* OK [INPROGRESS (\"A001\" 454 1000)] text",
                        ok(new ResponseCode.InProgress(new Tag("A001"), 454, 1000))),
                arguments(
                        "* OK [INPROGRESS (\"A\\\\1\" NIL NIL)] text",
                        ok(new ResponseCode.InProgress(
                                new Tag("A\\1"), ResponseCode.InProgress.UNKNOWN, ResponseCode.InProgress.UNKNOWN))),
                arguments(
                        "* OK [BADCHARSET (US-ASCII UTF-8)] text",
                        ok(new ResponseCode.BadCharset(List.of("US-ASCII", "UTF-8")))),
                arguments("* OK [BADCHARSET] text", ok(new ResponseCode.BadCharset(List.of()))),
                arguments(
                        "* OK [BADEVENT (MessageNew MessageExpunge)] text",
                        ok(new ResponseCode.BadEvent(List.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE)))),
                arguments("+ go on", new ContinuationResponse("go on")),
                arguments("+ ", ContinuationResponse.challenge(new byte[0])),
                arguments("+ AGE=", ContinuationResponse.challenge(new byte[] {0, 97})),
                arguments("* CAPABILITY IMAP4rev1 AUTH=PLAIN", new CapabilityResponse(capabilities)),
                arguments("* ENABLED", new EnabledResponse(List.of())),
                arguments("* ENABLED IMAP4rev1 AUTH=PLAIN", new EnabledResponse(capabilities)),
                arguments("* ID NIL", new IdResponse(Map.of())),
                arguments("* ID (\"name\" \"Heddle\")", new IdResponse(Map.of("name", "Heddle"))),
                arguments(
                        "* NAMESPACE ((\"\" \"/\")) NIL NIL",
                        new NamespaceResponse(List.of(new Namespace("", '/')), List.of(), List.of())),
                arguments(
                        "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) ((\"#a/\" \"/\")(\"&APw-/\" \"/\"))",
                        new NamespaceResponse(
                                List.of(new Namespace("", '/')),
                                List.of(new Namespace("~", '/')),
                                List.of(new Namespace("#a/", '/'), new Namespace("ü/", '/')))),
                arguments("* LIST (\\Noselect) \"/\" \"\"", ListResponse.separator(Kind.LIST)),
                arguments(
                        "* LSUB () \"/\" Work", new ListResponse(Kind.LSUB, Set.of(), Set.of(), work, Set.of(), null)),
                arguments(
                        "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" \"My Work\"",
                        new ListResponse(
                                Kind.LIST,
                                Set.of(Attribute.SUBSCRIBED, Attribute.HASNOCHILDREN),
                                Set.of(SpecialUse.SENT),
                                new MailboxName("My Work"),
                                Set.of(),
                                null)),
                arguments(
                        "* LIST () \"/\" Work (\"OLDNAME\" (\"My Work\"))",
                        new ListResponse(Kind.LIST, Set.of(), Set.of(), work, Set.of(), "My Work")),
                arguments(
                        "* LIST (\\NonExistent \\HasChildren) \"/\" Work (CHILDINFO (\"SUBSCRIBED\" \"SPECIAL-USE\"))",
                        new ListResponse(
                                Kind.LIST,
                                Set.of(Attribute.NONEXISTENT, Attribute.HASCHILDREN),
                                Set.of(),
                                work,
                                EnumSet.allOf(ChildInfo.class),
                                null)),
                arguments(
                        "* STATUS Work (MESSAGES 231 SIZE 9223372036854775807 APPENDLIMIT NIL)",
                        new MailboxStatusResponse(
                                work,
                                Map.of(
                                        StatusItem.APPENDLIMIT,
                                        MailboxStatusResponse.UNLIMITED,
                                        StatusItem.SIZE,
                                        Long.MAX_VALUE,
                                        StatusItem.MESSAGES,
                                        231L))),
                arguments("* FLAGS (\\Seen $Junk)", new FlagsResponse(flags)),
                arguments("* 23 EXISTS", CountResponse.exists(23)),
                arguments("* 5 RECENT", CountResponse.recent(5)),
                arguments("* 44 EXPUNGE", CountResponse.expunge(44)),
                arguments("* SEARCH", new SearchResponse(UidSet.EMPTY, null)),
                arguments("* SEARCH 2 3 4294967295", new SearchResponse(uids(2, 3, 4294967295L), null)),
                arguments("* SEARCH 2 5 (MODSEQ 917162500)", new SearchResponse(uids(2, 5), new ModSeq(917162500))),
                arguments(
                        "* ESEARCH (TAG \"a1\") UID MIN 2 MAX 7 ALL 2:3,7 COUNT 3",
                        new EsearchResponse(
                                TAG,
                                Numbering.UID,
                                new SearchReturns(EnumSet.allOf(SearchReturn.class), null),
                                uids(2, 3, 7),
                                null)),
                arguments(
                        "* ESEARCH (TAG \"a1\") COUNT 0",
                        new EsearchResponse(
                                TAG,
                                Numbering.SEQUENCE,
                                new SearchReturns(EnumSet.allOf(SearchReturn.class), null),
                                UidSet.EMPTY,
                                null)),
                arguments(
                        "* ESEARCH (TAG \"a1\") UID",
                        new EsearchResponse(
                                TAG,
                                Numbering.UID,
                                new SearchReturns(Set.of(SearchReturn.ALL), null),
                                UidSet.EMPTY,
                                null)),
                arguments(
                        "* ESEARCH (TAG \"a1\") ALL 1:3 MODSEQ 1236",
                        new EsearchResponse(
                                TAG,
                                Numbering.SEQUENCE,
                                new SearchReturns(Set.of(SearchReturn.ALL), null),
                                uids(1, 2, 3),
                                new ModSeq(1236))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("responses")
    void writesOneLine(String line, Response response) throws IOException {
        var octets = new ByteArrayOutputStream();
        var out = new WireWriter(octets);
        response.writeTo(out);
        out.flush();
        assertThat(octets.toString(StandardCharsets.US_ASCII)).isEqualTo(line + "\r\n");
    }

    @Test
    void pairsTheUidsOfACopy() {
        assertThatThrownBy(() -> new ResponseCode.CopyUid(VALIDITY, uids(1, 2), uids(3)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ResponseCode.CopyUid(VALIDITY, UidSet.EMPTY, UidSet.EMPTY))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
