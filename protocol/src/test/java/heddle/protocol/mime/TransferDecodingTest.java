package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransferDecodingTest {
    private static InputStream encoded(String text) {
        return new ByteArrayInputStream(text.getBytes(ISO_8859_1));
    }

    private static String decoded(String text, String encoding) throws IOException {
        return new String(TransferDecoding.decode(encoded(text), encoding).readAllBytes(), ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "7bit|as =3D it is|as =3D it is",
                "base64|QUJD|ABC",
                "base64|QUI=|AB",
                "base64|QQ==|A",
                "base64|QQ|A",
                "base64|QUI|AB",
                "base64|Q|''",
                "base64|=|''",
                "base64|Q U~J\u00e9D|ABC",
                "base64|QQ==QkM=RA==|ABCD",
                "quoted-printable|a=3Db=3d|a=b=",
                "quoted-printable|a=|a",
                "quoted-printable|a=  |a",
                "quoted-printable|a=4|a=4",
                "quoted-printable|a=zz=|a=zz",
                "quoted-printable|a  |a",
                "quoted-printable|a  b|a  b",
            })
    void decodes(String encoding, String text, String expected) throws IOException {
        assertThat(decoded(text, encoding)).isEqualTo(expected);
    }

    @Test
    void dropsWhiteSpaceAtLineEndsAndSoftLineBreaks() throws IOException {
        assertThat(decoded("a \t\r\nb=\r\nc= \t\nd \ne=0A=\r\n", "quoted-printable"))
                .isEqualTo("a\r\nbcd\ne\n");
    }

    @Test
    void decodesWhatWasEncodedHoweverItIsRead() throws IOException {
        var random = new Random(1);
        for (int i = 0; i < 200; i++) {
            var octets = new byte[random.nextInt(20_000)];
            random.nextBytes(octets);
            String text = Base64.getMimeEncoder().encodeToString(octets);
            var in = TransferDecoding.decode(encoded(text), "base64");
            var read = new byte[octets.length];
            int size = 0;
            while (size < read.length) {
                int count = in.read(read, size, Math.min(read.length - size, 1 + random.nextInt(50)));
                assertThat(count).as("seed 1, round %d", i).isPositive();
                size += count;
            }
            assertThat(in.read()).isEqualTo(-1);
            assertThat(read).isEqualTo(octets);
            assertThat(TransferDecoding.measure(encoded(text), "base64").size()).isEqualTo(octets.length);
        }
    }

    @Test
    void passesOverLongRunsOfWhiteSpaceOnce() throws IOException {
        String blanks = " ".repeat(5_000_000);
        assertThat(decoded(blanks + "x", "quoted-printable")).hasSize(5_000_001);
    }

    @Test
    void refusesAnEncodingItDoesNotKnow() {
        assertThat(TransferDecoding.isKnown("x-uuencode")).isFalse();
        assertThatThrownBy(() -> TransferDecoding.decode(encoded(""), "x-uuencode"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
