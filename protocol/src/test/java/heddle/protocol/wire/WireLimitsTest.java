package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.response.ResponseCode.Word;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens at each limit, and that the next command is found where it can be. */
class WireLimitsTest {
    private static final WireLimits SMALL = new WireLimits(64, 10, 100, 50, 3, 3, WireLimits.LITERAL_PLUS);

    private static void findsNext(WireReader in) throws IOException {
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
        in.crlf();
    }

    @Test
    void takesALineOfTheLargestLength() throws IOException {
        WireReader in = TestClient.line("a".repeat(62), SMALL);
        assertThat(in.atom()).hasSize(62);
        in.crlf();
    }

    @ParameterizedTest
    @ValueSource(ints = {63, 100})
    void refusesALongerLine(int length) throws IOException {
        WireReader in = TestClient.line("a".repeat(length) + "\r\nnext", SMALL);
        assertThatThrownBy(() -> {
                    in.atom();
                    in.crlf();
                })
                .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code())
                        .isEqualTo(Word.LIMIT));
        findsNext(in);
    }

    @Test
    void skipsALongerLineThatIsBroken() throws IOException {
        WireReader in = TestClient.line("(" + "a".repeat(100) + "\r\nnext", SMALL);
        assertThatThrownBy(in::atom).isInstanceOf(SyntaxException.class);
        findsNext(in);
    }

    @Test
    void endsAtALineWithoutEnd() {
        WireReader in = TestClient.line("(" + "a".repeat(64 + 50), SMALL);
        assertThatThrownBy(in::atom).isInstanceOf(SyntaxException.class);
        assertThatThrownBy(in::skipRest)
                .isInstanceOfSatisfying(EndOfServiceException.class, end -> assertThat(end.code())
                        .isEqualTo(Word.LIMIT));
    }

    /** The line is found too long only where its literal begins: that is dropped with it, and never read as commands. */
    @ParameterizedTest
    @ValueSource(strings = {"{9+}\r\nx\r\ny NOOP\r\n", "{9}\r\n"})
    void skipsTheLiteralOfALongerLine(String literal) throws IOException {
        WireReader in = TestClient.line("a".repeat(70) + " " + literal + "next", SMALL);
        in.atom();
        in.space();
        assertThatThrownBy(in::astring).isInstanceOf(RefusedException.class);
        findsNext(in);
    }

    @Test
    void countsALineOnAcrossItsLiteralsButNotTheirOctets() throws IOException {
        WireReader in = TestClient.line("{10+}\r\n0123456789 " + "a".repeat(54), SMALL);
        in.astring();
        in.space();
        in.atom();
        in.crlf();
        WireReader longer = TestClient.line("{10+}\r\n0123456789 " + "a".repeat(55), SMALL);
        longer.astring();
        longer.space();
        longer.atom();
        assertThatThrownBy(longer::crlf).isInstanceOf(RefusedException.class);
    }

    @Test
    void refusesALiteralThatTheClientWaitsWith() throws IOException {
        WireReader in = TestClient.line("{11}\r\nnext", SMALL);
        assertThatThrownBy(in::astring)
                .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code())
                        .isEqualTo(Word.TOOBIG));
        findsNext(in);
    }

    @Test
    void endsAtALiteralThatIsOnItsWay() {
        for (String size : new String[] {"11", "99999999999999999999"}) {
            WireReader in = TestClient.line("{" + size + "+}\r\n0123456789a\r\nnext", SMALL);
            assertThatThrownBy(in::astring)
                    .isInstanceOfSatisfying(EndOfServiceException.class, end -> assertThat(end.code())
                            .isEqualTo(Word.TOOBIG));
        }
    }

    @Test
    void limitsAllArgumentLiteralsOfACommandTogether() throws IOException {
        WireReader in = TestClient.line("{6+}\r\n012345 {5}\r\nnext", SMALL);
        in.astring();
        in.space();
        assertThatThrownBy(in::astring).isInstanceOf(RefusedException.class);
        findsNext(in);
    }

    @Test
    void refusesAMessageThatTheClientWaitsWith() throws IOException {
        WireReader in = TestClient.line("{101}\r\nnext", SMALL);
        assertThatThrownBy(in::literal).isInstanceOf(RefusedException.class);
        findsNext(in);
    }

    @Test
    void endsAtAMessageThatIsOnItsWay() {
        assertThatThrownBy(() -> TestClient.line("~{101+}\r\n", SMALL).literal())
                .isInstanceOf(EndOfServiceException.class);
    }

    @Test
    void endsAtANonSynchronizingLiteralThatLiteralMinusForbids() throws IOException {
        WireLimits minus = WireLimits.AUTHENTICATED.withNonSynchronizing(WireLimits.LITERAL_MINUS);
        assertThat(TestClient.line("{4096+}\r\n", minus).literal().size()).isEqualTo(4096);
        assertThat(TestClient.line("{4097}\r\n", minus).literal().size()).isEqualTo(4097);
        assertThatThrownBy(() -> TestClient.line("{4097+}\r\n", minus).literal())
                .isInstanceOf(EndOfServiceException.class);
    }

    @Test
    void limitsElements() throws IOException {
        assertThat(TestClient.line("(a b c)", SMALL).flagList()).hasSize(3);
        WireReader in = TestClient.line("(a b c d)\r\nnext", SMALL);
        assertThatThrownBy(in::flagList).isInstanceOf(RefusedException.class);
        findsNext(in);
        assertThatThrownBy(TestClient.line("a b c d", SMALL)::storeFlags).isInstanceOf(RefusedException.class);
    }

    @Test
    void limitsNesting() throws IOException {
        WireReader in = TestClient.line("abcd", SMALL);
        assertThat(in.<Boolean>nested(() -> in.nested(() -> in.nested(() -> in.take('a')))))
                .isTrue();
        assertThatThrownBy(() -> in.nested(() -> in.nested(() -> in.nested(() -> in.nested(() -> in.take('b'))))))
                .isInstanceOf(RefusedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                "( {5}",
                "( {5+}\r\nhello",
                "( {5+}\r\nhello {3+}\r\nabc (",
                "( ~{5+}\r\nhello",
                "( {5+}\r\n\r\n\r\nx {1+}\r\n\n",
                "( {}",
                "( {+}",
                "( 5+}",
                "( {5+} ",
                "( {5+}x",
                "( {0+}\r\n",
                "( {00000005+}\r\nhello",
                "( \"{5+}\r\nhello",
                "(\n"
            })
    void skipsABrokenLineWithItsLiterals(String line) throws IOException {
        String next = line.endsWith("\n") && line.length() == 2 ? "next" : "\r\nnext";
        WireReader in = TestClient.line(line + next, SMALL);
        assertThatThrownBy(in::atom).isInstanceOf(SyntaxException.class);
        findsNext(in);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void seesALiteralWhateverTheReaderHadTakenOfItsAnnouncement(int taken) throws IOException {
        String line = "tag {5+}\r\nhello\r\nnext\r\n";
        var in = new WireReader(TestClient.dribbles(line), WireLimits.AUTHENTICATED, () -> {});
        in.tag();
        for (char c : " {5+}\r".substring(0, taken).toCharArray()) {
            in.expect(c);
        }
        findsNext(in);
    }

    @Test
    void endsAtALiteralThatIsTooBigToBeSkipped() throws IOException {
        for (String size : new String[] {"51", "99999999999999999999", "000000000000000000005"}) {
            WireReader in = TestClient.line("( {" + size + "+}", SMALL);
            assertThatThrownBy(in::skipRest).as(size).isInstanceOf(EndOfServiceException.class);
        }
        WireReader in = TestClient.line("( {30+}\r\n" + "x".repeat(30) + " {30+}\r\n", SMALL);
        assertThatThrownBy(in::skipRest).isInstanceOf(EndOfServiceException.class);
    }

    @Test
    void skipsNothingAfterAWholeCommand() throws IOException {
        WireReader in = TestClient.line("a\r\nnext");
        in.atom();
        in.crlf();
        findsNext(in);
        in.skipRest();
    }
}
