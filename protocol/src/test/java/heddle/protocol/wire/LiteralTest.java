package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LiteralTest {
    @Test
    void leavesTheOctetsOnTheWireUntilTheyAreAskedFor() throws IOException {
        var asked = new ArrayList<String>();
        var in = new WireReader(
                TestClient.sends("~{5}\r\nhe\0lo x\r\n"), WireLimits.AUTHENTICATED, () -> asked.add("+"));
        in.beginLine();
        Literal literal = in.literal();
        assertThat(literal.size()).isEqualTo(5);
        assertThat(literal.isBinary()).isTrue();
        assertThat(asked).isEmpty();
        InputStream octets = literal.open();
        assertThat(asked).hasSize(1);
        assertThat(literal.isConsumed()).isFalse();
        assertThat(octets.readAllBytes()).asString().isEqualTo("he\0lo");
        assertThat(octets.read()).isEqualTo(-1);
        assertThat(literal.isConsumed()).isTrue();
        in.space();
        assertThat(in.atom()).isEqualTo("x");
        in.crlf();
    }

    @Test
    void isOpenedOnce() throws IOException {
        Literal literal = TestClient.line("{1+}\r\na").literal();
        var _ = literal.open();
        assertThatThrownBy(literal::open).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void isReadBeforeTheLineGoesOn() throws IOException {
        WireReader in = TestClient.line("{1+}\r\na b");
        in.literal();
        assertThatThrownBy(in::space).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void isSkippedWhenNobodyOpensIt() throws IOException {
        WireReader in = TestClient.line("{6+}\r\na NOOP {2+}\r\nxx\r\nnext");
        in.literal();
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
    }

    @Test
    void isSkippedWhereTheReadingStopped() throws IOException {
        WireReader in = TestClient.line("{6}\r\na NOOP\r\nnext");
        assertThat(in.literal().open().readNBytes(2)).asString().isEqualTo("a ");
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
    }

    @Test
    void endsTheCommandWhenTheClientWaitsInVain() throws IOException {
        WireReader in = TestClient.line("{6}\r\nnext");
        in.literal();
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
    }

    @Test
    void isNeverShort() throws IOException {
        InputStream octets = TestClient.line("{60+}\r\nabc").literal().open();
        assertThatThrownBy(octets::readAllBytes).isInstanceOf(EOFException.class);
    }

    @Test
    void streamsALargeMessage() throws IOException {
        byte[] message = new byte[3_000_000];
        new Random(1).nextBytes(message);
        var stream = new SequenceInputStream(
                TestClient.sends("{3000000+}\r\n"),
                new SequenceInputStream(new ByteArrayInputStream(message), TestClient.sends("\r\nnext\r\n")));
        var in = new WireReader(stream, WireLimits.AUTHENTICATED, () -> {});
        in.beginLine();
        var read = new ByteArrayOutputStream();
        in.literal().open().transferTo(read);
        assertThat(read.toByteArray()).isEqualTo(message);
        in.crlf();
        assertThat(in.tag().value()).isEqualTo("next");
    }

    @Test
    void skipsALargeMessage() throws IOException {
        var stream = new SequenceInputStream(
                TestClient.sends("{3000000+}\r\n"),
                new SequenceInputStream(
                        new ByteArrayInputStream(new byte[3_000_000]), TestClient.sends("\r\nnext\r\n")));
        var in = new WireReader(stream, WireLimits.AUTHENTICATED, () -> {});
        in.beginLine();
        in.literal();
        in.skipRest();
        assertThat(in.tag().value()).isEqualTo("next");
    }
}
