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
import jakarta.mail.event.MailEvent;
import jakarta.mail.event.MessageChangedEvent;
import jakarta.mail.event.MessageCountAdapter;
import jakarta.mail.event.MessageCountEvent;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.search.FlagTerm;
import jakarta.mail.search.SubjectTerm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.angus.mail.imap.IMAPFolder;
import org.eclipse.angus.mail.imap.IdleManager;
import org.eclipse.angus.mail.imap.MessageVanishedEvent;
import org.eclipse.angus.mail.imap.ResyncData;
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
        return connect(session, server);
    }

    private static Store connect(Session session, TestServer server) throws Exception {
        Store store = session.getStore("imap");
        store.connect("127.0.0.1", server.port("imap"), "ann", TestServer.PASSWORD);
        return store;
    }

    /** One more server on the same database. */
    private TestServer second() throws Exception {
        return TestServer.start(Files.createDirectory(directory.resolve("second")), server.database(), Map.of());
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

    /** The IdleManager waits on channels, which it can only do without TLS. */
    @Test
    void watchesHereWhatHappensThere() throws Exception {
        var properties = new Properties();
        properties.setProperty("mail.imap.usesocketchannels", "true");
        properties.setProperty("mail.imap.timeout", "20000");
        Session channels = Session.getInstance(properties);
        try (TestServer second = second();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
                Store here = connect(channels, server);
                Store there = connect(session, second)) {
            var inbox = (IMAPFolder) here.getFolder("INBOX");
            inbox.open(Folder.READ_ONLY);
            var news = new LinkedBlockingQueue<String>();
            inbox.addMessageCountListener(new MessageCountAdapter() {
                @Override
                public void messagesAdded(MessageCountEvent event) {
                    news.add("added");
                }

                @Override
                public void messagesRemoved(MessageCountEvent event) {
                    news.add("removed");
                }
            });
            inbox.addMessageChangedListener(event -> news.add("changed"));
            var manager = new IdleManager(channels, executor);
            try {
                manager.watch(inbox);
                Folder other = there.getFolder("INBOX");
                other.appendMessages(new Message[] {message("now")});
                assertThat(news.poll(20, TimeUnit.SECONDS)).isEqualTo("added");
                other.open(Folder.READ_WRITE);
                other.getMessage(1).setFlag(Flags.Flag.DELETED, true);
                assertThat(news.poll(20, TimeUnit.SECONDS)).isEqualTo("changed");
                other.expunge();
                assertThat(news.poll(20, TimeUnit.SECONDS)).isEqualTo("removed");
            } finally {
                manager.stop();
            }
        }
    }

    /** With what it knew when it left, and on another server, it is told what has changed and no more. */
    @Test
    void comesBackWithWhatItKnows() throws Exception {
        try (TestServer second = second();
                Store here = connect();
                Store there = connect(session, second)) {
            var inbox = (IMAPFolder) here.getFolder("INBOX");
            inbox.appendMessages(new Message[] {message("kept"), message("flagged"), message("gone")});
            inbox.open(Folder.READ_ONLY, ResyncData.CONDSTORE);
            var known = new ResyncData(inbox.getUIDValidity(), inbox.getHighestModSeq());
            inbox.close(false);

            Folder other = there.getFolder("INBOX");
            other.open(Folder.READ_WRITE);
            other.getMessage(2).setFlag(Flags.Flag.FLAGGED, true);
            other.getMessage(3).setFlag(Flags.Flag.DELETED, true);
            other.close(true);

            List<MailEvent> events = inbox.open(Folder.READ_ONLY, known);
            assertThat(events)
                    .extracting(AngusMailTest::describe)
                    .containsExactlyInAnyOrder("gone: UIDs [3]", "changed: message 2");
            assertThat(inbox.getMessageByUID(2).isSet(Flags.Flag.FLAGGED)).isTrue();
            assertThat(inbox.getMessageCount()).isEqualTo(2);
        }
    }

    private static String describe(MailEvent event) {
        return switch (event) {
            case MessageVanishedEvent gone -> "gone: UIDs " + Arrays.toString(gone.getUIDs());
            case MessageChangedEvent changed ->
                "changed: message " + changed.getMessage().getMessageNumber();
            default -> event.toString();
        };
    }
}
