package heddle.server.lmtp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.server.TestServer;
import heddle.server.connection.TestListener;
import heddle.storage.Account;
import heddle.storage.Account.Quota;
import heddle.storage.Mailbox;
import heddle.storage.MessageRow;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LmtpConnectionTest {
    @TempDir
    static Path directory;

    private static final Pattern BAR = Pattern.compile(" \\| ");

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(
                directory,
                Map.of(
                        "listen.lmtp", "127.0.0.1:0",
                        "lmtp.message", "64KiB",
                        "lmtp.recipients", "100",
                        "limits.broken-commands", "20"));
        List.of("ann", "bob@example.org", "bob", "full", "gone").forEach(server::freshAccount);
        server.storage().accounts().setQuota(account("full").id(), new Quota(OptionalLong.of(10)));
        server.storage().accounts().setDisabled(account("gone").id(), true);
        server.storage().mailboxes().create(account("ann").id(), new MailboxName("Lists/Heddle"), Set.of());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Account account(String name) {
        return server.storage().accounts().find(name).orElseThrow();
    }

    /** Says all of it at once, as a client may that pipelines, and hears until the server closes. */
    private static List<String> converse(String said) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port("lmtp"));
                var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
            socket.getOutputStream().write(said.getBytes(UTF_8));
            socket.shutdownOutput();
            var heard = new ArrayList<String>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                heard.add(line);
            }
            return heard;
        }
    }

    /**
     * Says LHLO and these lines, pipelined, and compares the answers: each line is what the client says, and behind a bar
     * how the answer begins. Lines end in CRLF; {@code ␊} is a bare LF.
     */
    private static void converseAs(String script) throws IOException {
        var said = new StringBuilder();
        var expected = new ArrayList<String>();
        for (String line : script.lines().toList()) {
            int bar = line.indexOf(" | ");
            said.append((bar < 0 ? line : line.substring(0, bar))
                            .stripTrailing()
                            .replace('␊', '\n'))
                    .append("\r\n");
            if (bar >= 0) {
                expected.addAll(BAR.splitAsStream(line.substring(bar + 3)).toList());
            }
        }
        List<String> heard = converse("LHLO client\r\n" + said + "QUIT\r\n");
        List<String> answers = heard.subList(heard.indexOf("250 SIZE 65536") + 1, heard.size() - 1);
        assertThat(answers).as(script).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(answers.get(i)).as("answer %s of\n%s", i + 1, script).startsWith(expected.get(i));
        }
        assertThat(heard.getLast()).startsWith("221 2.0.0");
    }

    private static String newest(String account, String mailbox) throws IOException {
        Mailbox found = server.storage()
                .mailboxes()
                .find(account(account).id(), new MailboxName(mailbox))
                .orElseThrow();
        var uids = server.storage()
                .snapshots()
                .at(found.id(), found.highestModSeq())
                .uids();
        MessageRow row = server.storage()
                .fetches()
                .read(found.id(), uids.between(uids.last(), uids.last()), Set.of())
                .getFirst();
        long length = row.size() - row.trace().length;
        try (var body = server.storage().bodies().open(account(account).id(), row.contentId(), 0, length)) {
            return new String(row.trace(), UTF_8) + new String(body.readAllBytes(), UTF_8);
        }
    }

    private static long count(String account, String mailbox) {
        return server.storage()
                .mailboxes()
                .find(account(account).id(), new MailboxName(mailbox))
                .orElseThrow()
                .counters()
                .messages();
    }

    @Test
    void introducesItself() throws IOException {
        List<String> heard = converse("LHLO client\r\nQUIT\r\n");
        assertThat(heard.getFirst()).startsWith("220 ").endsWith(" LMTP");
        assertThat(heard)
                .contains(
                        "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME", "250-SMTPUTF8", "250 SIZE 65536");
    }

    @Test
    void answersForEachRecipientAndKeepsTheEnvelope() throws IOException {
        converseAs("""
                MAIL FROM:<sender@example.net> SIZE=100 BODY=8BITMIME | 250 2.1.0
                RCPT TO:<ann@example.org>                             | 250 2.1.5
                RCPT TO:<nobody@example.org>                          | 550 5.1.1
                RCPT TO:<full>                                        | 250 2.1.5
                RCPT TO:<gone@x>                                      | 250 2.1.5
                DATA                                                  | 354
                Subject: hé

                ..dot
                bare␊
                . | 250 2.0.0 | 452 4.2.2 | 250 2.0.0
                """);
        assertThat(newest("ann", "INBOX")).isEqualTo(crlf("""
                        Return-Path: <sender@example.net>
                        Delivered-To: ann@example.org
                        Subject: hé

                        .dot
                        bare␊
                        """));
        assertThat(newest("gone", "INBOX")).contains("\r\nDelivered-To: gone@x\r\n");
    }

    private static String crlf(String text) {
        return text.replace("\n", "\r\n").replace('␊', '\n');
    }

    @Test
    void findsTheAccountAndTheMailbox() throws IOException {
        long whole = count("bob@example.org", "INBOX");
        long local = count("bob", "INBOX");
        deliver("<bob@example.org>");
        assertThat(count("bob@example.org", "INBOX")).isEqualTo(whole + 1);
        deliver("<BOB@elsewhere.org>");
        assertThat(count("bob", "INBOX")).isEqualTo(local + 1);
        deliver("<ann+Lists/Heddle@example.org>");
        assertThat(count("ann", "Lists/Heddle")).isEqualTo(1);
        long inbox = count("ann", "INBOX");
        deliver("<ann+lists/heddle@example.org>");
        deliver("<ann+a//b@example.org>");
        deliver("<\"ann\">");
        assertThat(count("ann", "INBOX")).isEqualTo(inbox + 3);
    }

    private static void deliver(String to) throws IOException {
        converseAs("""
                MAIL FROM:<> | 250
                RCPT TO:%s   | 250
                DATA         | 354
                Subject: x

                .            | 250 2.0.0
                """.formatted(to));
    }

    @Test
    void refusesWhatIsTooBig() throws IOException {
        converseAs("""
                MAIL FROM:<> SIZE=65537                | 552 5.3.4
                MAIL FROM:<> SIZE=99999999999999999999 | 552 5.3.4
                MAIL FROM:<>                           | 250
                RCPT TO:<ann>                          | 250
                DATA                                   | 354
                %s
                .                                      | 552 5.3.4
                NOOP                                   | 250
                """.formatted("x".repeat(65_536)));
    }

    @Test
    void keepsTheOrderOfCommands() throws IOException {
        converseAs("""
                RCPT TO:<ann>    | 503 5.5.1
                DATA             | 503 5.5.1
                MAIL FROM:<>     | 250 2.1.0
                MAIL FROM:<>     | 503 5.5.1
                DATA             | 503 5.5.1
                RCPT TO:<nobody> | 550 5.1.1
                DATA             | 503 5.5.1
                RSET             | 250 2.0.0
                RCPT TO:<ann>    | 503 5.5.1
                VRFY ann         | 252 2.1.5
                NOOP x           | 250 2.0.0
                EHLO x           | 500 5.5.1
                HELO x           | 500 5.5.1
                EXPN x           | 502 5.5.1
                FETCH 1          | 500 5.5.1
                """);
        assertThat(converse("MAIL FROM:<>\r\nQUIT\r\n").get(1)).startsWith("503 5.5.1");
    }

    @Test
    void refusesWhatItDoesNotOffer() throws IOException {
        converseAs("""
                MAIL FROM:<jürgen@x>          | 553 5.6.7
                MAIL FROM:<jürgen@x> SMTPUTF8 | 250 2.1.0
                RCPT TO:<é> NOTIFY=NEVER      | 555 5.5.4
                RSET                          | 250 2.0.0
                MAIL FROM:<> FOO=BAR          | 555 5.5.4
                MAIL FROM:<> BODY=BINARYMIME  | 501 5.5.4
                MAIL FROM:<> SIZE=x           | 501 5.5.4
                MAIL FROM: <ann@x>            | 250 2.1.0
                RCPT TO:<é@x>                 | 553 5.6.7
                RCPT TO:<>                    | 501 5.1.3
                RCPT TO:ann                   | 501 5.5.4
                MAIL                          | 501 5.5.4
                NOOP␊RSET                     | 500 5.5.2 | 250 2.0.0
                """);
    }

    @Test
    void boundsRecipientsAndErrors() throws IOException {
        converseAs("MAIL FROM:<> | 250\n" + "RCPT TO:<ann> | 250\n".repeat(100) + "RCPT TO:<ann> | 452 4.5.3\n");
        String broken = "GET / HTTP/1.1\r\n";
        assertThat(converse((broken.repeat(20) + "NOOP\r\n").repeat(2) + "QUIT\r\n")
                        .getLast())
                .startsWith("221 ");
        assertThat(converse(broken.repeat(21)).getLast()).startsWith("421 4.7.0");
    }

    /** What came with STARTTLS in the clear is not carried out under TLS (RFC 3207 §4.2), and LHLO has to be said again. */
    @Test
    void startsTlsAndForgetsWhatCameBefore() throws IOException {
        try (var plain = new Socket(InetAddress.getLoopbackAddress(), server.port("lmtp"))) {
            plain.getOutputStream().write("LHLO client\r\nSTARTTLS\r\nMAIL FROM:<evil@x>\r\n".getBytes(UTF_8));
            var before = new BufferedReader(new InputStreamReader(plain.getInputStream(), UTF_8));
            String line = before.readLine();
            boolean isOffered = false;
            while (!line.startsWith("220 2.0.0 ")) {
                isOffered |= line.equals("250-STARTTLS");
                line = before.readLine();
            }
            assertThat(isOffered).isTrue();
            try (SSLSocket tls = TestListener.tlsOver(plain)) {
                tls.startHandshake();
                tls.getOutputStream()
                        .write("RCPT TO:<ann>\r\nMAIL FROM:<>\r\nLHLO client\r\nSTARTTLS\r\nQUIT\r\n".getBytes(UTF_8));
                var in = new BufferedReader(new InputStreamReader(tls.getInputStream(), UTF_8));
                assertThat(in.readLine()).isEqualTo("503 5.5.1 say MAIL first");
                assertThat(in.readLine()).isEqualTo("503 5.5.1 say LHLO first");
                List<String> rest = in.lines().toList();
                assertThat(rest).doesNotContain("250-STARTTLS").contains("503 5.5.1 TLS is active already");
                assertThat(rest.getLast()).startsWith("221 ");
            }
        }
    }

    @Test
    void doesNotTakeASmuggledMessage() throws IOException {
        long before = count("ann", "INBOX");
        converseAs("""
                MAIL FROM:<>  | 250
                RCPT TO:<ann> | 250
                DATA          | 354
                Subject: one

                a␊.␊MAIL FROM:<evil>
                RCPT TO:<ann>
                DATA
                Subject: two

                b␊.
                .             | 250 2.0.0
                """);
        assertThat(count("ann", "INBOX")).isEqualTo(before + 1);
    }
}
