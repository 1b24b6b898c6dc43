package heddle.server.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.TestServer;
import heddle.server.config.ServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ListenerTest {
    @TempDir
    static Path directory;

    private static TlsContext tls;

    @BeforeAll
    static void makeCertificate() throws IOException {
        tls = TestListener.tls(directory);
    }

    @Test
    void nothingFromBeforeStartTlsIsReadAfterIt() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, ListenerTest::startTlsThenEcho);
                Socket client = server.connect()) {
            client.getOutputStream().write("STARTTLS\r\nINJECTED\r\n".getBytes(US_ASCII));
            assertThat(line(client)).isEqualTo("OK");
            SSLSocket secure = TestListener.tlsOver(client);
            secure.getOutputStream().write("clean\r\n".getBytes(US_ASCII));
            assertThat(line(secure)).isEqualTo("clean");
        }
    }

    @Test
    void injectionThatArrivesWithTheHandshakeBreaksIt() throws Exception {
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, ListenerTest::startTlsThenEcho);
                Socket client = server.connect()) {
            client.getOutputStream().write("STARTTLS\r\n".getBytes(US_ASCII));
            assertThat(line(client)).isEqualTo("OK");
            client.getOutputStream().write("INJECTED\r\n".getBytes(US_ASCII));
            assertThatThrownBy(() -> TestListener.tlsOver(client).startHandshake())
                    .isInstanceOf(IOException.class);
        }
    }

    /** Time is up for a client that never stops to send as for one that is silent. */
    @Test
    void readsNothingAfterTheDeadline() throws Exception {
        var end = new CompletableFuture<Object>();
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, transport -> {
                    transport.input().read();
                    transport.readDeadline(Duration.ofNanos(1));
                    try {
                        end.complete(transport.input().read());
                    } catch (IOException over) {
                        end.complete(over);
                    }
                });
                Socket client = server.connect()) {
            client.getOutputStream().write("more than one byte".getBytes(US_ASCII));
            assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void goesOnWhenFileDescriptorsRunOut() throws IOException {
        var failures = new AtomicInteger(3);
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, _ -> {});
                var scarce = new ServerSocket(0) {
                    @Override
                    public Socket accept() throws IOException {
                        if (failures.getAndDecrement() > 0) {
                            throw new SocketException("Too many open files");
                        }
                        return super.accept();
                    }
                };
                var _ = new Listener(Listener.Kind.LMTP, scarce, server.services, transport -> transport
                        .output()
                        .write("220 ready\r\n".getBytes(US_ASCII)));
                Socket client = new Socket(InetAddress.getLoopbackAddress(), scarce.getLocalPort())) {
            assertThat(line(client)).isEqualTo("220 ready");
        }
    }

    @Test
    void tellsAClientThatIsOneTooMany() throws Exception {
        var limits = new ServerConfig.Connections(1, 1000, 1000);
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, limits, ListenerTest::greetAndWait)) {
            try (Socket first = server.connect();
                    Socket second = server.connect()) {
                assertThat(line(first)).isEqualTo("* OK");
                assertThat(line(second)).isEqualTo("* BYE too many connections");
                assertThat(second.getInputStream().read()).isEqualTo(-1);
                assertThat(server.meter("heddle.limits.hit", "limit", "connections_total"))
                        .isEqualTo(1);
            }
            awaitNone(server);
            try (Socket third = server.connect()) {
                assertThat(line(third)).isEqualTo("* OK");
            }
        }
    }

    @Test
    void tellsItUnderTlsToo() throws IOException {
        var limits = new ServerConfig.Connections(1, 1000, 1000);
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, limits, ListenerTest::greetAndWait);
                SSLSocket first = server.connectTls();
                SSLSocket second = server.connectTls()) {
            assertThat(line(first)).isEqualTo("* OK");
            assertThat(line(second)).isEqualTo("* BYE too many connections");
        }
    }

    @Test
    void closesAConnectionWhoseClientDoesNotRead() throws Exception {
        var ended = new CountDownLatch(1);
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> {
                    try {
                        var piece = new byte[1 << 20];
                        while (true) {
                            transport.output().write(piece);
                        }
                    } finally {
                        ended.countDown();
                    }
                });
                SSLSocket client = server.connectTls()) {
            client.startHandshake(); // and then never reads
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(server.meter("heddle.limits.hit", "limit", "write_time")).isEqualTo(1);
            awaitNone(server);
        }
    }

    @Test
    void drainsIdleConnectionsAndWaitsForTheOthers() throws Exception {
        var working = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        try (var server = TestListener.open(
                        Listener.Kind.IMAP, tls, transport -> serveOneAfterTheOther(transport, working, mayEnd));
                Socket idle = server.connect();
                Socket busy = server.connect()) {
            assertThat(line(idle)).isEqualTo("* OK");
            assertThat(line(busy)).isEqualTo("* OK");
            busy.getOutputStream().write("work\r\n".getBytes(US_ASCII));
            working.await();
            server.listener.close();
            Thread drain = drain(server, Duration.ZERO);
            assertThat(line(idle)).isEqualTo("* BYE");
            mayEnd.countDown();
            assertThat(line(busy)).isEqualTo("done");
            assertThat(line(busy)).isEqualTo("* BYE");
            drain.join();
            assertThat(server.connections.count()).isZero();
        }
    }

    /** Not all at once: while one after the other has to leave, the others are served. */
    @Test
    void spreadsADrain() throws Exception {
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, ListenerTest::serveUntilTheEnd);
                Socket one = server.connect();
                Socket two = server.connect()) {
            assertThat(line(one)).isEqualTo("* OK");
            assertThat(line(two)).isEqualTo("* OK");
            Thread drain = drain(server, Duration.ofHours(1));
            TestServer.await("one has left", () -> server.connections.count() == 1);
            one.getOutputStream().write("hello\r\n".getBytes(US_ASCII));
            two.getOutputStream().write("hello\r\n".getBytes(US_ASCII));
            assertThat(List.of(line(one), line(two))).containsExactlyInAnyOrder("* BYE", "hello");
            drain.interrupt();
            drain.join();
        }
    }

    private static void serveUntilTheEnd(Transport transport) throws IOException {
        transport.output().write("* OK\r\n".getBytes(US_ASCII));
        transport.idle(true);
        for (int octet = transport.input().read();
                octet >= 0;
                octet = transport.input().read()) {
            transport.output().write(octet);
        }
        transport.output().write("* BYE\r\n".getBytes(US_ASCII));
    }

    /** Its input has ended already when it becomes idle again, and what has been decrypted is still read. */
    @Test
    void endsAConnectionThatHasSentSeveralCommandsAtOnce() throws Exception {
        var working = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        try (var server = TestListener.open(Listener.Kind.IMAPS, tls, transport -> {
                    transport.output().write("* OK\r\n".getBytes(US_ASCII));
                    transport.idle(true);
                    while (transport.input().read() >= 0) {
                        transport.idle(false);
                        working.countDown();
                        awaitQuietly(mayEnd);
                        transport.idle(true);
                    }
                    transport.output().write("* BYE\r\n".getBytes(US_ASCII));
                });
                SSLSocket client = server.connectTls()) {
            assertThat(line(client)).isEqualTo("* OK");
            client.getOutputStream().write("123".getBytes(US_ASCII));
            working.await();
            assertThat(server.connections.end(1, "goodbye")).isTrue();
            mayEnd.countDown();
            assertThat(line(client)).isEqualTo("* BYE");
        }
    }

    /** What it is at takes too long, though everything else is well. */
    @Test
    void cutsOffAConnectionThatIsToldToEndAndDoesNot() throws Exception {
        cutsOffWhoeverIsAtWork(connections -> {
            assertThat(connections.end(1, "goodbye")).isTrue();
            assertThat(connections.end(1, "once more")).isFalse();
        });
    }

    @Test
    void cutsOffWhatIsLeftAtTheEndOfADrain() throws Exception {
        cutsOffWhoeverIsAtWork(connections -> connections.drain(Duration.ZERO, System.nanoTime()));
    }

    private static void cutsOffWhoeverIsAtWork(ThrowingConsumer<OpenConnections> ending) throws Exception {
        var working = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        try (var server = TestListener.open(
                        Listener.Kind.IMAP, tls, transport -> serveOneAfterTheOther(transport, working, mayEnd));
                Socket client = server.connect()) {
            assertThat(line(client)).isEqualTo("* OK");
            client.getOutputStream().write("work\r\n".getBytes(US_ASCII));
            working.await();
            ending.accept(server.connections);
            assertThatThrownBy(() -> line(client)).isInstanceOf(SocketException.class);
            mayEnd.countDown();
            awaitNone(server);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            throw new IOException(stopped);
        }
    }

    private static Thread drain(TestListener server, Duration spread) {
        return Thread.ofVirtual().start(() -> {
            try {
                long end =
                        System.nanoTime() + Duration.ofSeconds(20).plus(spread).toNanos();
                server.connections.drain(spread, end);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void saysWhereItCannotListen() throws IOException {
        try (var server = TestListener.open(Listener.Kind.IMAP, tls, _ -> {})) {
            InetSocketAddress taken = server.listener.address();
            assertThatThrownBy(() -> Listener.open(Listener.Kind.LMTP, taken, server.services, _ -> {}))
                    .hasMessage(
                            "cannot listen at %s:%d for lmtp: Address already in use",
                            taken.getHostString(), taken.getPort());
        }
    }

    private static void startTlsThenEcho(Transport transport) throws IOException {
        var buffer = new byte[1000];
        int read = transport.input().read(buffer); // with whatever else has come; it is thrown away
        assertThat(read).isPositive();
        transport.output().write("OK\r\n".getBytes(US_ASCII));
        transport.startTls();
        int count = transport.input().read(buffer);
        transport.output().write(buffer, 0, count);
    }

    private static void greetAndWait(Transport transport) throws IOException {
        transport.output().write("* OK\r\n".getBytes(US_ASCII));
        assertThat(transport.input().read()).isEqualTo(-1);
    }

    private static void serveOneAfterTheOther(Transport transport, CountDownLatch working, CountDownLatch mayEnd)
            throws IOException {
        transport.output().write("* OK\r\n".getBytes(US_ASCII));
        var buffer = new byte[100];
        transport.idle(true);
        while (transport.input().read(buffer) >= 0) {
            transport.idle(false);
            working.countDown();
            awaitQuietly(mayEnd);
            transport.output().write("done\r\n".getBytes(US_ASCII));
            transport.idle(true);
        }
        assertThat(transport.farewell()).contains("the server is stopping");
        transport.output().write("* BYE\r\n".getBytes(US_ASCII));
    }

    private static void awaitNone(TestListener server) throws InterruptedException {
        while (server.connections.count() > 0) {
            Thread.sleep(5);
        }
    }

    private static String line(Socket client) throws IOException {
        var line = new StringBuilder();
        for (int octet = client.getInputStream().read();
                octet >= 0;
                octet = client.getInputStream().read()) {
            if (octet == '\n') {
                return line.toString().stripTrailing();
            }
            line.append((char) octet);
        }
        return line + " (end)";
    }
}
