package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.server.TestServer;
import jakarta.mail.FetchProfile;
import jakarta.mail.Flags;
import jakarta.mail.Folder;
import jakarta.mail.Message;
import jakarta.mail.Multipart;
import jakarta.mail.Session;
import jakarta.mail.Store;
import jakarta.mail.UIDFolder;
import jakarta.mail.event.MessageCountAdapter;
import jakarta.mail.event.MessageCountEvent;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.search.FlagTerm;
import jakarta.mail.search.SubjectTerm;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.angus.mail.imap.IMAPFolder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mail client that others wrote. */
@Timeout(60)
class AngusMailTest {
    @TempDir
    Path directory;

    private TestServer server;
    private Session session;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory, Map.of());
        server.freshAccount("ann");
        var properties = new Properties();
        properties.setProperty("mail.imap.starttls.enable", "true");
        properties.setProperty("mail.imap.starttls.required", "true");
        properties.setProperty("mail.imap.ssl.trust", "*");
        properties.setProperty("mail.imap.ssl.checkserveridentity", "false");
        properties.setProperty("mail.imap.timeout", "20000");
        session = Session.getInstance(properties);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Store connect() throws Exception {
        Store store = session.getStore("imap");
        store.connect("127.0.0.1", server.port("imap"), "ann", TestServer.PASSWORD);
        return store;
    }

    private MimeMessage message(String subject) throws Exception {
        var message = new MimeMessage(session);
        message.setFrom(new InternetAddress("ann@example.org", "Änn"));
        message.setSubject(subject, "utf-8");
        var text = new MimeBodyPart();
        text.setText("Grüße an alle", "utf-8");
        var attachment = new MimeBodyPart();
        attachment.setContent(new byte[] {0, 1, 2, (byte) 0xFF}, "application/octet-stream");
        attachment.setFileName("bytes.bin");
        message.setContent(new MimeMultipart(text, attachment));
        message.saveChanges();
        return message;
    }

    @Test
    void livesInIt() throws Exception {
        try (Store store = connect()) {
            assertThat(Arrays.stream(store.getDefaultFolder().list("*")).map(Folder::getFullName))
                    .contains("INBOX", "Sent", "Trash");
            Folder work = store.getFolder("Arbeit/Größe");
            assertThat(work.create(Folder.HOLDS_MESSAGES)).isTrue();
            Folder inbox = store.getFolder("INBOX");
            inbox.appendMessages(new Message[] {message("Hällo"), message("second")});
            inbox.open(Folder.READ_WRITE);
            assertThat(inbox.getMessageCount()).isEqualTo(2);

            Message[] found = inbox.search(new SubjectTerm("hällo"));
            assertThat(found).hasSize(1);
            var parts = (Multipart) found[0].getContent();
            assertThat(parts.getBodyPart(0).getContent()).isEqualTo("Grüße an alle");
            assertThat(parts.getBodyPart(1).getFileName()).isEqualTo("bytes.bin");
            assertThat(parts.getBodyPart(1).getInputStream().readAllBytes()).containsExactly(0, 1, 2, 0xFF);
            assertThat(((InternetAddress) found[0].getFrom()[0]).getPersonal()).isEqualTo("Änn");

            var profile = new FetchProfile();
            profile.add(FetchProfile.Item.ENVELOPE);
            profile.add(FetchProfile.Item.FLAGS);
            profile.add(UIDFolder.FetchProfileItem.UID);
            inbox.fetch(inbox.getMessages(), profile);
            assertThat(inbox.getMessage(1).isSet(Flags.Flag.SEEN)).isTrue();
            assertThat(inbox.getMessage(2).getSubject()).isEqualTo("second");

            inbox.getMessage(2).setFlag(Flags.Flag.FLAGGED, true);
            assertThat(inbox.search(new FlagTerm(new Flags(Flags.Flag.FLAGGED), true)))
                    .containsExactly(inbox.getMessage(2));
            ((IMAPFolder) inbox).moveMessages(new Message[] {inbox.getMessage(1)}, work);
            inbox.expunge();
            assertThat(inbox.getMessageCount()).isEqualTo(1);
            assertThat(work.getMessageCount()).isEqualTo(1);
            inbox.getMessage(1).setFlag(Flags.Flag.DELETED, true);
            inbox.close(true);
            assertThat(store.getFolder("INBOX").getMessageCount()).isZero();
            assertThat(work.delete(false)).isTrue();
        }
        server.awaitNobody();
    }

    @Test
    void isToldOfMailWhileItIdles() throws Exception {
        try (Store store = connect();
                Store other = connect()) {
            var inbox = (IMAPFolder) store.getFolder("INBOX");
            inbox.open(Folder.READ_WRITE);
            var arrived = new CountDownLatch(1);
            inbox.addMessageCountListener(new MessageCountAdapter() {
                @Override
                public void messagesAdded(MessageCountEvent event) {
                    arrived.countDown();
                }
            });
            Thread waiting = Thread.ofVirtual().start(() -> idle(inbox));
            other.getFolder("INBOX").appendMessages(new Message[] {message("now")});
            assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
            waiting.join(20_000);
            assertThat(inbox.getMessageCount()).isEqualTo(1);
        }
    }

    private static void idle(IMAPFolder folder) {
        try {
            folder.idle(true);
        } catch (jakarta.mail.MessagingException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
