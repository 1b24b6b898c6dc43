package heddle.server.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.metrics.SessionEnd;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TlsLayerTest {
    @TempDir
    static Path directory;

    private static TlsContext tls;

    @BeforeAll
    static void makeCertificate() throws IOException {
        tls = TestListener.tls(directory);
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2, tls_1_2", "TLSv1.3, tls_1_3"})
    void speaksTlsFromTheFirstByte(String protocol, String label) throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                SSLSocket client = server.connectTls(protocol)) {
            send(client, "hello");
            assertThat(receive(client, 5)).isEqualTo("hello");
            assertThat(client.getSession().getProtocol()).isEqualTo(protocol);
            assertThat(server.meter("heddle.tls.handshakes", "result", "ok")).isEqualTo(1);
            assertThat(server.meter("heddle.connections.open", "tls", label)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2, 1", "TLSv1.3, 1", "TLSv1.2, 100", "TLSv1.3, 100", "TLSv1.2, 50000", "TLSv1.3, 50000"})
    void carriesBothWaysAtOnce(String protocol, int readSize) throws Exception {
        byte[] sent = random(readSize == 1 ? 200_000 : 3_000_000);
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> echo(transport, readSize));
                SSLSocket client = server.connectTls(protocol)) {
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(sent);
                } catch (IOException failed) {
                    throw new IllegalStateException(failed);
                }
            });
            assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
            writer.join();
        }
    }

    /** In TLS 1.3 with many changes of the keys, which TestListener makes frequent. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void carriesMuchAndChangesKeysMeanwhile(String protocol) throws Exception {
        byte[] sent = random(30_000_000);
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> {
                    byte[] received = transport.input().readNBytes(sent.length);
                    transport.output().write(received);
                    echo(transport);
                });
                SSLSocket client = server.connectTls(protocol)) {
            client.getOutputStream().write(sent);
            assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
            send(client, "done");
            assertThat(receive(client, 4)).isEqualTo("done");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void takesEveryByteAlone(String protocol) throws Exception {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                var drip = new Drip(server.connect());
                SSLSocket client = TestListener.tlsOver(drip.near(), protocol)) {
            send(client, "one byte in each packet");
            assertThat(receive(client, 23)).isEqualTo("one byte in each packet");
        }
    }

    /** In the middle of a record too; the client still hears why. */
    @Test
    void endsTheInputOfAClientThatIsSilentForTooLong() throws Exception {
        var seen = new CompletableFuture<String>();
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> {
                    transport.output().write('!'); // the handshake is over
                    transport.readTimeout(Duration.ofMillis(30));
                    try {
                        seen.complete("read " + transport.input().read());
                    } catch (SocketTimeoutException silent) {
                        seen.complete("timeout");
                        transport.output().write('?');
                    }
                });
                var drip = new Drip(server.connect())) {
            SSLSocket client = TestListener.tlsOver(drip.near(), "TLSv1.3");
            assertThat(receive(client, 1)).isEqualTo("!");
            drip.pause(Duration.ofMinutes(1)); // after the first byte of the record
            send(client, "slow");
            assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo("timeout");
            assertThat(receive(client, 1)).isEqualTo("?");
        }
    }

    @Test
    void refusesWhatIsNotTls() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                Socket client = server.connect()) {
            client.getOutputStream().write("a1 CAPABILITY\r\n".getBytes(US_ASCII));
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(server.meter("heddle.tls.handshakes", "result", "failed"))
                    .isEqualTo(1);
        }
    }

    /** A health check that connects and leaves says nothing about TLS. */
    @Test
    void aHandshakeThatNobodyBeginsHasNotFailed() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                Socket client = server.connect()) {
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(server.meter("heddle.tls.handshakes", "result", "failed"))
                    .isZero();
        }
    }

    @Test
    void refusesOlderVersions() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                Socket client = server.connect()) {
            client.getOutputStream().write(clientHelloOfTls11());
            InputStream in = client.getInputStream();
            assertThat(in.readNBytes(7)).containsExactly(21, 3, 3, 0, 2, 2, 70); // alert, fatal, protocol_version
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void givesAHandshakeOnlySoMuchTime() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                Socket client = server.connect()) {
            client.getOutputStream().write(new byte[] {22, 3, 1}); // and no more
            long began = System.nanoTime();
            assertThatThrownBy(() -> client.getInputStream().read()).hasMessage("Connection reset");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
            assertThat(server.meter("heddle.limits.hit", "limit", "handshake_time"))
                    .isEqualTo(1);
        }
    }

    @Test
    void survivesClientsThatLeaveDuringTheHandshake() throws Exception {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo)) {
            for (int i = 0; i < 20; i++) {
                try (Socket client = server.connect()) {
                    client.getOutputStream().write(Arrays.copyOf(clientHelloOfTls11(), 3 * i));
                }
            }
            try (SSLSocket client = server.connectTls()) {
                send(client, "still here");
                assertThat(receive(client, 10)).isEqualTo("still here");
            }
        }
    }

    @Test
    void refusesRenegotiation() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, TlsLayerTest::echo);
                SSLSocket client = server.connectTls("TLSv1.2")) {
            send(client, "x");
            receive(client, 1);
            client.startHandshake(); // in TLS 1.2 a second one
            assertThatThrownBy(() -> {
                        send(client, "y");
                        receive(client, 1);
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void saysGoodbyeInTls() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> transport
                        .output()
                        .write("* BYE\r\n".getBytes(US_ASCII)));
                SSLSocket client = server.connectTls()) {
            assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("* BYE\r\n");
        }
    }

    @Test
    void anAbortIsNotAnEnd() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> {
                    transport.output().write("half a li".getBytes(US_ASCII));
                    transport.abort(SessionEnd.CUT);
                });
                SSLSocket client = server.connectTls()) {
            assertThatThrownBy(() -> client.getInputStream().readAllBytes()).isInstanceOf(IOException.class);
        }
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static void echo(Transport transport) throws IOException {
        echo(transport, 8_192);
    }

    private static void echo(Transport transport, int readSize) throws IOException {
        var buffer = new byte[readSize];
        for (int count = transport.input().read(buffer);
                count >= 0;
                count = transport.input().read(buffer)) {
            transport.output().write(buffer, 0, count);
        }
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String receive(Socket client, int length) throws IOException {
        var bytes = new byte[length];
        new DataInputStream(client.getInputStream()).readFully(bytes);
        return new String(bytes, US_ASCII);
    }

    /** A ClientHello that offers TLS 1.1 at most, with one cipher suite and no extensions. */
    private static byte[] clientHelloOfTls11() {
        var hello = new ByteArrayOutputStream();
        hello.writeBytes(new byte[] {3, 2}); // TLS 1.1
        hello.writeBytes(new byte[32]); // random
        hello.writeBytes(new byte[] {0, 0, 2, (byte) 0xC0, 0x13, 1, 0}); // no session; one suite; no compression
        var record = new ByteArrayOutputStream();
        record.writeBytes(new byte[] {22, 3, 1, 0, (byte) (hello.size() + 4), 1, 0, 0, (byte) hello.size()});
        record.writeBytes(hello.toByteArray());
        return record.toByteArray();
    }

    /** A man in the middle who passes on what a client sends one byte at a time. */
    private static final class Drip implements AutoCloseable {
        private final Socket far;
        private final java.net.ServerSocket door = new java.net.ServerSocket(0);
        private final Socket near;
        private volatile Duration pause = Duration.ZERO;

        Drip(Socket far) throws IOException {
            this.far = far;
            near = new Socket(InetAddress.getLoopbackAddress(), door.getLocalPort());
            Socket inner = door.accept();
            far.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pass(inner, far, 1));
            Thread.ofVirtual().start(() -> pass(far, inner, 10_000));
        }

        Socket near() {
            return near;
        }

        void pause(Duration betweenBytes) {
            pause = betweenBytes;
        }

        private void pass(Socket from, Socket to, int atATime) {
            var buffer = new byte[atATime];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    out.write(buffer, 0, count);
                    if (atATime == 1) {
                        Thread.sleep(pause);
                    }
                }
            } catch (IOException | InterruptedException ended) {
                assertThat(ended).isNotInstanceOf(SSLException.class);
            }
        }

        @Override
        public void close() throws IOException {
            near.close();
            far.close();
            door.close();
        }
    }
}
