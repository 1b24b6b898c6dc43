package heddle.server.lmtp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LmtpInputTest {
    /** Messages that end where they should, however the network cuts the stream. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 40_000})
    void endsDataAtALineOfADotOnly(int piece) throws IOException {
        assertThat(data("a\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\r\n|QUIT");
        assertThat(data(".\r\nQUIT\r\n", piece)).isEqualTo("|QUIT");
        assertThat(data("a\n.\nb\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\n.\nb\r\n|QUIT");
        assertThat(data("a\n.\r\nb\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\n.\r\nb\r\n|QUIT");
        assertThat(data("a\r\n.\nb\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\r\n\nb\r\n|QUIT");
        assertThat(data("a\r.\rb\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\r.\rb\r\n|QUIT");
        assertThat(data("a\r\n.\r\r\nb\r\n.\r\nQUIT\r\n", piece)).isEqualTo("a\r\n\r\r\nb\r\n|QUIT");
        assertThat(data("..a\r\n...\r\n.b\r\n..\r\n.\r\nQUIT\r\n", piece)).isEqualTo(".a\r\n..\r\nb\r\n.\r\n|QUIT");
        assertThat(data("\0\377\r\r\n.\r\nQUIT\r\n", piece)).isEqualTo("\0\377\r\r\n|QUIT");
    }

    @Test
    void readsWhatWasStuffed() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            var random = new Random(seed);
            var message = new StringBuilder();
            int length = random.nextInt(200);
            for (int i = 0; i < length; i++) {
                message.append("\r\n..ab\0".charAt(random.nextInt(7)));
            }
            message.append("\r\n");
            String stuffed = message.toString().replace("\r\n.", "\r\n..");
            stuffed = stuffed.startsWith(".") ? "." + stuffed : stuffed;
            assertThat(data(stuffed + ".\r\nQUIT\r\n", 1 + random.nextInt(9)))
                    .as("seed %s", seed)
                    .isEqualTo(message + "|QUIT");
        }
    }

    @Test
    void boundsLines() throws IOException {
        var in = input(
                "x".repeat(2048) + "\r\n" + "x".repeat(100_000) + "\r\nNOOP\nRSET\r\n" + "x".repeat(600_000), 40_000);
        assertThatThrownBy(in::line).isInstanceOf(RefusedLineException.class);
        assertThatThrownBy(in::line).isInstanceOf(RefusedLineException.class);
        assertThatThrownBy(in::line).isInstanceOf(RefusedLineException.class);
        assertThat(in.line()).isEqualTo("RSET");
        assertThatThrownBy(in::line).isInstanceOf(LmtpInput.EndlessLineException.class);
    }

    @Test
    void noticesThatTheClientIsGone() throws IOException {
        assertThat(input("", 10).await()).isFalse();
        assertThatThrownBy(input("NOOP", 10)::line).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> input("a\r\n.\r", 10).data(new ByteArrayOutputStream()))
                .isInstanceOf(EOFException.class);
    }

    private static String data(String sent, int piece) throws IOException {
        var in = input(sent, piece);
        var message = new ByteArrayOutputStream();
        in.data(message);
        return message.toString(ISO_8859_1) + "|" + in.line();
    }

    private static LmtpInput input(String sent, int piece) {
        InputStream bytes = new ByteArrayInputStream(sent.getBytes(ISO_8859_1)) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, piece));
            }
        };
        return new LmtpInput(bytes, () -> {});
    }
}
