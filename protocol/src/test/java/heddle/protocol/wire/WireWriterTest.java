package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WireWriterTest {
    private interface Writing {
        void to(WireWriter out) throws IOException;
    }

    private static String written(Writing writing) throws IOException {
        var octets = new ByteArrayOutputStream();
        var out = new WireWriter(octets);
        writing.to(out);
        out.flush();
        return octets.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void writesNumbers() throws IOException {
        for (long number : new long[] {0, 9, 10, 99, 100, 4294967295L, 999999999999999999L, Long.MAX_VALUE}) {
            assertThat(written(out -> out.number(number))).isEqualTo(Long.toString(number));
        }
    }

    @Test
    void writesSets() throws IOException {
        UidSet set = new UidSet.Builder()
                .add(1)
                .addRange(3, 5)
                .addRange(4294967294L, 4294967295L)
                .build();
        assertThat(written(out -> out.uidSet(set))).isEqualTo("1,3:5,4294967294:4294967295");
    }

    @Test
    void choosesTheFormOfAString() throws IOException {
        assertThat(written(out -> out.string(""))).isEqualTo("\"\"");
        assertThat(written(out -> out.string("a \"b\" \\"))).isEqualTo("\"a \\\"b\\\" \\\\\"");
        assertThat(written(out -> out.string("a\r\nb"))).isEqualTo("{4}\r\na\r\nb");
        assertThat(written(out -> out.string("é"))).isEqualTo("{2}\r\n\u00c3\u00a9");
        assertThat(written(out -> out.string("x".repeat(1001)))).isEqualTo("{1001}\r\n" + "x".repeat(1001));
        assertThat(written(out -> out.string("a\0b"))).isEqualTo("{3}\r\na\u0080b");
        assertThat(written(out -> out.nstring(null))).isEqualTo("NIL");
    }

    @Test
    void quotesUtf8OnlyForThoseWhoReadIt() throws IOException {
        var name = new MailboxName("R&D \"é\"");
        assertThat(written(out -> out.mailbox(name))).isEqualTo("\"R&-D \\\"&AOk-\\\"\"");
        assertThat(written(out -> {
                    out.encoding(WireEncoding.UTF_8);
                    out.mailbox(name).space().namePrefix("&").space().string("é\n");
                }))
                .isEqualTo("\"R&D \\\"\u00c3\u00a9\\\"\" \"&\" {3}\r\n\u00c3\u00a9\n");
    }

    @Test
    void choosesTheFormOfAnAstring() throws IOException {
        assertThat(written(out -> out.astring("a]b"))).isEqualTo("a]b");
        assertThat(written(out -> out.astring("nil"))).isEqualTo("\"nil\"");
        assertThat(written(out -> out.astring(""))).isEqualTo("\"\"");
        assertThat(written(out -> out.astring("a b"))).isEqualTo("\"a b\"");
        assertThat(written(out -> out.mailbox(new MailboxName("Entwürfe 100%"))))
                .isEqualTo("\"Entw&APw-rfe 100%\"");
    }

    @Test
    void breaksNoLineByText() throws IOException {
        assertThat(written(out -> out.text("a\r\n* BYE\0é\u2028\u007f~"))).isEqualTo("a??* BYE????~");
    }

    /** A stream that remembers how large each write was. */
    private static final class Writes extends ByteArrayOutputStream {
        private final List<Integer> sizes = new ArrayList<>();

        @Override
        public synchronized void write(byte[] octets, int offset, int length) {
            sizes.add(length);
            super.write(octets, offset, length);
        }
    }

    @Test
    void writesInLargePieces() throws IOException {
        var octets = new Writes();
        var out = new WireWriter(octets);
        for (int i = 0; i < 20_000; i++) {
            out.atom("* 1 EXPUNGE").crlf();
        }
        assertThat(octets.sizes).hasSize(20_000 * 13 / (32 << 10)).allMatch(size -> size > 30_000);
        out.flush();
        assertThat(octets.toString(StandardCharsets.US_ASCII)).isEqualTo("* 1 EXPUNGE\r\n".repeat(20_000));
        assertThat(out.buffered()).isZero();
    }

    @Test
    void doesNotCopyLargePieces() throws IOException {
        var octets = new Writes();
        var out = new WireWriter(octets);
        out.atom("header");
        out.raw(new byte[100_000]);
        assertThat(octets.sizes).containsExactly(6, 100_000);
    }

    @Test
    void takesBackAnUnfinishedResponse() throws IOException {
        assertThat(written(out -> {
                    out.atom("* 1 EXISTS").crlf();
                    out.atom("* 2 FETCH (BODY[] ").literal(100).atom("abc\r\n");
                    assertThat(out.cutBack()).isTrue();
                    out.atom("a NO").crlf();
                    assertThat(out.cutBack()).isTrue();
                }))
                .isEqualTo("* 1 EXISTS\r\na NO\r\n");
    }

    @Test
    void takesNothingBackOnceAPartHasLeft() throws IOException {
        var flushed = new WireWriter(new ByteArrayOutputStream());
        flushed.atom("* 1 FETCH (");
        flushed.flush();
        assertThat(flushed.cutBack()).isFalse();

        var large = new WireWriter(new ByteArrayOutputStream());
        large.literal(100_000).raw(new byte[100_000]);
        assertThat(large.cutBack()).isFalse();
        large.atom(")").crlf();
        assertThat(large.cutBack()).isTrue();

        var full = new WireWriter(new ByteArrayOutputStream());
        for (int i = 0; i < 40_000; i++) {
            full.raw('x');
        }
        assertThat(full.cutBack()).isFalse();
    }

    @Test
    void keepsAnUnfinishedResponseBackWhenTheBufferIsFull() throws IOException {
        assertThat(written(out -> {
                    out.atom("x".repeat(10_000)).crlf();
                    out.atom("y".repeat(10_000));
                    out.atom("z".repeat(15_000)); // makes the first response leave
                    assertThat(out.cutBack()).isTrue();
                    out.atom("end").crlf();
                }))
                .isEqualTo("x".repeat(10_000) + "\r\nend\r\n");
    }

    @Test
    void writesTheSameInPiecesOfEverySize() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var expected = new ByteArrayOutputStream();
            var octets = new ByteArrayOutputStream();
            var out = new WireWriter(octets);
            for (int i = 0; i < 50; i++) {
                byte[] piece = new byte[random.nextInt(random.nextBoolean() ? 40_000 : 100)];
                random.nextBytes(piece);
                expected.write(piece);
                int cut = piece.length / 3;
                out.raw(piece, 0, cut).raw(Arrays.copyOfRange(piece, cut, piece.length));
                if (random.nextInt(10) == 0) {
                    out.flush();
                }
                if (random.nextInt(3) == 0) {
                    out.crlf();
                    expected.write('\r');
                    expected.write('\n');
                }
            }
            out.flush();
            assertThat(octets.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
        }
    }

    @Test
    void changesItsStreamOnlyWhenNothingWaits() throws IOException {
        var out = new WireWriter(new ByteArrayOutputStream());
        out.atom("x");
        assertThatThrownBy(() -> out.output(new ByteArrayOutputStream())).isInstanceOf(IllegalStateException.class);
        out.flush();
        var next = new ByteArrayOutputStream();
        out.output(next);
        out.atom("y");
        out.flush();
        assertThat(next.toString(StandardCharsets.US_ASCII)).isEqualTo("y");
    }
}
