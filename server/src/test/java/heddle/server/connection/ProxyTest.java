package heddle.server.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestServer;
import heddle.server.config.ServerConfig;
import heddle.server.config.ServerConfig.Proxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that come, or say that they come, through a balancer. */
@Timeout(60)
class ProxyTest {
    private static final String HEADER = "PROXY TCP4 192.0.2.1 198.51.100.2 50000 143\r\n";

    /** The balancer has taken TLS off (PP2_TYPE_SSL with PP2_CLIENT_SSL). */
    private static final byte[] CAME_UNDER_TLS = ProxyHeaderTest.block(
            0x21, 0x11, new byte[] {(byte) 192, 0, 2, 7, 10, 0, 0, 1, 1, 1, 1, 1}, new byte[] {0x20, 0, 5, 1, 0, 0, 0, 0
            });

    @TempDir
    static Path directory;

    private static TlsContext tls;

    @BeforeAll
    static void makeCertificate() throws IOException {
        tls = TestListener.tls(directory);
    }

    private static Proxy from(String networks) {
        return ServerConfig.load(null, Map.of(), Map.of("proxy.networks", networks, "proxy.timeout", "1s"))
                .proxy();
    }

    private static TestListener behindABalancer() throws IOException {
        return behindABalancer(Listener.Kind.IMAP);
    }

    private static TestListener behindABalancer(Listener.Kind kind) throws IOException {
        return TestListener.behind(from("127.0.0.0/8, ::1"), kind, tls, ProxyTest::tellWhatIsKnown);
    }

    private static void tellWhatIsKnown(Transport client) throws IOException {
        String known = client.remote().getAddress().getHostAddress() + " " + client.isTls() + "\r\n";
        client.output().write(known.getBytes(US_ASCII));
        client.input().read();
    }

    /** {@return what the server says to it; empty when it closes} */
    private static String answer(Socket client, byte[] sent) throws IOException {
        client.getOutputStream().write(sent);
        String line = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII)).readLine();
        return line == null ? "" : line;
    }

    private static double refused(TestListener server) {
        return server.meter("heddle.proxy.refused", "listener", "imap");
    }

    @Test
    void believesTheBalancer() throws IOException {
        try (TestListener server = behindABalancer();
                Socket one = server.connect();
                Socket two = server.connect();
                Socket check = server.connect()) {
            assertThat(answer(one, HEADER.getBytes(US_ASCII))).isEqualTo("192.0.2.1 false");
            assertThat(answer(two, CAME_UNDER_TLS)).isEqualTo("192.0.2.7 true");
            assertThat(answer(check, ProxyHeaderTest.block(0x20, 0, new byte[0])))
                    .isEqualTo("127.0.0.1 false");
            assertThat(refused(server)).isZero();
        }
    }

    /** The balancer has taken TLS off, and puts it on again. */
    @Test
    void shakesHandsWithABalancerThatEncryptsAnew() throws IOException {
        try (TestListener server = behindABalancer(Listener.Kind.IMAPS);
                Socket client = server.connect()) {
            client.getOutputStream().write(CAME_UNDER_TLS);
            assertThat(answer(TestListener.tlsOver(client), new byte[0])).isEqualTo("192.0.2.7 true");
            assertThat(server.meter("heddle.connections.open", "tls", "tls_1_3"))
                    .isEqualTo(1);
            assertThat(server.meter("heddle.connections.open", "listener", "imaps"))
                    .isEqualTo(1);
        }
    }

    /** Limits are the client's, not the balancer's. */
    @Test
    void countsByTheClientsAddress() throws IOException {
        try (TestListener server = behindABalancer();
                Socket one = server.connect();
                Socket two = server.connect();
                Socket three = server.connect();
                Socket other = server.connect()) {
            assertThat(answer(one, HEADER.getBytes(US_ASCII))).startsWith("192.0.2.1");
            assertThat(answer(two, HEADER.getBytes(US_ASCII))).startsWith("192.0.2.1");
            assertThat(answer(three, HEADER.getBytes(US_ASCII))).isEqualTo("* BYE too many connections");
            assertThat(answer(other, HEADER.replace("192.0.2.1", "192.0.2.2").getBytes(US_ASCII)))
                    .startsWith("192.0.2.2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a1 CAPABILITY\r\n", "PROXY TCP4 192.0.2.1\r\n", "PROXY TC", ""})
    void closesWithoutAGoodHeader(String sent) throws IOException {
        try (TestListener server = behindABalancer();
                Socket client = server.connect()) {
            assertThat(answer(client, sent.getBytes(US_ASCII))).isEmpty();
            TestServer.await("it is counted", () -> refused(server) == 1);
        }
    }

    /** All of it has to come in time, not only each byte. */
    @Test
    void closesWhenTheHeaderComesSlowly() throws IOException {
        try (TestListener server = behindABalancer();
                Socket client = server.connect()) {
            client.setSoTimeout(50);
            assertThat(answerToPieces(client, HEADER.getBytes(US_ASCII))).isEqualTo(-1);
            TestServer.await("it is counted", () -> refused(server) == 1);
        }
    }

    /** Sends a byte whenever nothing has come for the socket's timeout. {@return the first byte that comes, or -1} */
    private static int answerToPieces(Socket client, byte[] octets) throws IOException {
        for (byte octet : octets) {
            client.getOutputStream().write(octet);
            try {
                return client.getInputStream().read();
            } catch (SocketTimeoutException silent) {
                // and so the next one
            }
        }
        return client.getInputStream().read();
    }

    /** Health checks that connect and leave are no error. */
    @Test
    void letsAHealthCheckLeave() throws IOException {
        try (TestListener server = behindABalancer()) {
            server.connect().close();
            TestServer.await("it came", () -> server.meter("heddle.connections", "listener", "imap") == 1);
            TestServer.await("it is gone", () -> server.connections.count() == 0);
            assertThat(refused(server)).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"off, IMAP", "192.0.2.0/24, IMAP", "off, LMTP", "off, IMAPS"})
    void closesAStrangerWithAHeader(String networks, Listener.Kind kind) throws IOException {
        byte[] block = ProxyHeaderTest.block(0x21, 0x11, new byte[12]);
        for (byte[] header : new byte[][] {HEADER.getBytes(US_ASCII), "PROXY UNKNOWN\r\n".getBytes(US_ASCII), block}) {
            try (TestListener server = TestListener.behind(from(networks), kind, tls, ProxyTest::echo);
                    Socket client = server.connect()) {
                assertThat(answer(client, header)).isEmpty();
                TestServer.await(
                        "it is counted", () -> server.meter("heddle.proxy.refused", "listener", kind.label()) == 1);
                assertThat(server.meter("heddle.tls.handshakes", "result", "failed"))
                        .isZero();
            }
        }
    }

    /** What begins like a header, and is none, is for the listener to judge. */
    @ParameterizedTest
    @ValueSource(strings = {"PROXY NOOP\r\n", "P NOOP\r\n", "PROX\r\n", "\r\n"})
    void servesAStrangerWithoutOne(String sent) throws IOException {
        try (TestListener server = TestListener.behind(from("off"), Listener.Kind.IMAP, tls, ProxyTest::echo);
                Socket client = server.connect()) {
            assertThat(answer(client, sent.getBytes(US_ASCII))).isEqualTo(sent.strip());
        }
    }

    private static void echo(Transport client) throws IOException {
        var octets = new byte[100];
        int count = client.input().read(octets);
        client.output().write(octets, 0, count);
    }
}
