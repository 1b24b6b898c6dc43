package heddle.server.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

    private static Optional<ProxyHeader> read(byte[] octets) throws IOException {
        return ProxyHeader.read(new ByteArrayInputStream(octets));
    }

    private static ProxyHeader read(String text) throws IOException {
        var in = new ByteArrayInputStream((text + "a1 NOOP\r\n").getBytes(ISO_8859_1));
        ProxyHeader header = ProxyHeader.read(in).orElseThrow();
        assertThat(new String(in.readAllBytes(), ISO_8859_1)).isEqualTo("a1 NOOP\r\n");
        return header;
    }

    private static InetSocketAddress endpoint(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    /** {@return a header of version 2 with these pieces behind its addresses} */
    static byte[] block(int command, int family, byte[] addresses, byte[]... pieces) {
        try {
            var rest = new ByteArrayOutputStream();
            rest.write(addresses);
            for (byte[] piece : pieces) {
                rest.write(piece);
            }
            var all = new ByteArrayOutputStream();
            var out = new DataOutputStream(all);
            out.write(SIGNATURE.getBytes(ISO_8859_1));
            out.writeByte(command);
            out.writeByte(family);
            out.writeShort(rest.size());
            rest.writeTo(out);
            return all.toByteArray();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] addresses(String client, String server) {
        byte[] from = InetAddress.ofLiteral(client).getAddress();
        byte[] to = InetAddress.ofLiteral(server).getAddress();
        return ByteBuffer.allocate(2 * from.length + 4)
                .put(from)
                .put(to)
                .putShort((short) 50_000)
                .putShort((short) 993)
                .array();
    }

    private static byte[] piece(int type, byte... value) {
        return ByteBuffer.allocate(3 + value.length)
                .put((byte) type)
                .putShort((short) value.length)
                .put(value)
                .array();
    }

    @Test
    void readsALine() throws IOException {
        assertThat(read("PROXY TCP4 192.0.2.1 198.51.100.2 50000 143\r\n"))
                .isEqualTo(new ProxyHeader(endpoint("192.0.2.1", 50_000), endpoint("198.51.100.2", 143), false));
        assertThat(read("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"))
                .isEqualTo(new ProxyHeader(endpoint("2001:db8::1", 1), endpoint("2001:db8::2", 65_535), false));
        assertThat(read("PROXY UNKNOWN\r\n").client()).isNull();
        assertThat(read("PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n").client()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a1 CAPABILITY\r\n",
                "PORXY TCP4 192.0.2.1 198.51.100.2 50000 143\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 50000 143\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 50000\r\n",
                "PROXY TCP4 192.0.2.256 198.51.100.2 50000 143\r\n",
                "PROXY TCP4 example.org 198.51.100.2 50000 143\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 70000 143\r\n",
                "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
                "PROXY TCP6 2001:db8::1%lo 2001:db8::2 1 2\r\n",
                "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY UNKNOWNN\r\n",
                "PROXY UNKNOWN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
                "PROXY",
                "\r\n\r\n",
                "\r\n\r\n\0\r\nQUIT\r            ",
                "\r\n\r\n\0\r\nQUIT\n!\021\377\377"
            })
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> read(text.getBytes(ISO_8859_1))).isInstanceOf(ProxyHeaderException.class);
    }

    @Test
    void readsABlock() throws IOException {
        var expected = new ProxyHeader(endpoint("192.0.2.1", 50_000), endpoint("198.51.100.2", 993), false);
        byte[] v4 = addresses("192.0.2.1", "198.51.100.2");
        assertThat(read(block(0x21, 0x11, v4))).contains(expected);
        assertThat(read(block(0x21, 0x11, v4, piece(0xEE), piece(0x02, (byte) 'x'))))
                .contains(expected);
        assertThat(read(block(0x21, 0x21, addresses("2001:db8::1", "2001:db8::2"))))
                .contains(new ProxyHeader(endpoint("2001:db8::1", 50_000), endpoint("2001:db8::2", 993), false));
        assertThat(read(block(0x20, 0x00, new byte[0])).orElseThrow().client()).isNull();
        assertThat(read(block(0x20, 0x11, v4)).orElseThrow().client()).isNull();
        assertThat(read(block(0x21, 0x31, new byte[216])).orElseThrow().client())
                .isNull();
    }

    @Test
    void readsWhetherTheBalancerTookOffTls() throws IOException {
        byte[] v4 = addresses("192.0.2.1", "198.51.100.2");
        byte[] version = piece(0x21, "TLSv1.3".getBytes(ISO_8859_1));
        byte[] tls = ByteBuffer.allocate(5 + version.length)
                .put((byte) 1)
                .putInt(0)
                .put(version)
                .array();
        assertThat(read(block(0x21, 0x11, v4, piece(0x20, tls))).orElseThrow().isTls())
                .isTrue();
        byte[] none = {0, 0, 0, 0, 1};
        assertThat(read(block(0x21, 0x11, v4, piece(0x20, none))).orElseThrow().isTls())
                .isFalse();
        assertThat(read(block(0x21, 0x11, v4, piece(0x20))).orElseThrow().isTls())
                .isFalse();
    }

    @Test
    void verifiesAChecksum() throws IOException {
        byte[] header =
                block(0x21, 0x11, addresses("192.0.2.1", "198.51.100.2"), piece(0x03, new byte[4]), piece(0x04));
        var sum = new CRC32C();
        sum.update(header);
        ByteBuffer.wrap(header).putInt(header.length - 7, (int) sum.getValue());
        assertThat(read(header)).isPresent();
        header[20]++;
        assertThatThrownBy(() -> read(header)).isInstanceOf(ProxyHeaderException.class);
    }

    @Test
    void refusesABrokenBlock() {
        byte[] v4 = addresses("192.0.2.1", "198.51.100.2");
        for (byte[] broken : new byte[][] {
            block(0x11, 0x11, v4),
            block(0x22, 0x11, v4),
            block(0x21, 0x12, v4),
            block(0x21, 0x21, v4),
            block(0x21, 0x11, new byte[11]),
            block(0x21, 0x11, v4, new byte[] {4}),
            block(0x21, 0x11, v4, new byte[] {4, 0, 2, 0}),
            block(0x21, 0x11, v4, piece(0x03, (byte) 1)),
            block(0x21, 0x11, v4, new byte[17_000]),
        }) {
            assertThatThrownBy(() -> read(broken)).isInstanceOf(ProxyHeaderException.class);
        }
    }

    @Test
    void isEmptyWhenThePeerHasLeft() throws IOException {
        assertThat(read(new byte[0])).isEmpty();
    }

    /** Whatever comes: a header, or the one exception. */
    @Test
    void survivesEverything() {
        var random = new Random(7);
        byte[] good = block(
                0x21, 0x11, addresses("192.0.2.1", "198.51.100.2"), piece(0x20, new byte[9]), piece(0x03, new byte[4]));
        for (int i = 0; i < 20_000; i++) {
            byte[] octets = good.clone();
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                octets[12 + random.nextInt(octets.length - 12)] = (byte) random.nextInt();
            }
            try {
                read(octets);
            } catch (ProxyHeaderException expected) {
                assertThat(expected).hasMessageContaining("PROXY header");
            } catch (IOException other) {
                throw new AssertionError(other);
            }
        }
    }
}
