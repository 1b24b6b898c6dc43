package heddle.server.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Extension;
import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.protocol.command.SelectCommand.Access;
import heddle.protocol.wire.WireWriter;
import heddle.server.TestClient;
import heddle.server.TestServer;
import heddle.server.session.SelectedMailbox.Expunges;
import heddle.storage.FlagChanges;
import heddle.storage.FlagChanges.Stored;
import heddle.storage.Mailbox;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SelectedMailboxTest {
    /** The change is in the snapshot, and its modseq would have to be read. */
    @Test
    void tellsLaterWhatCannotBeToldNow(@TempDir Path directory) throws Exception {
        try (TestServer server = TestServer.start(directory, Map.of("database.pool.wait", "1s"))) {
            server.freshAccount("ann");
            try (TestClient client = server.logIn("ann")) {
                client.append("INBOX", "Subject: 1\r\n\r\n");
            }
            Storage storage = server.storage();
            var enabled = new Enabled();
            enabled.add(Extension.CONDSTORE);
            Mailbox inbox = storage.mailboxes()
                    .find(storage.accounts().find("ann").orElseThrow().id(), MailboxName.INBOX)
                    .orElseThrow();
            var selected = SelectedMailbox.select(
                    storage,
                    inbox,
                    storage.snapshots().at(inbox.id(), inbox.highestModSeq()),
                    Access.READ_WRITE,
                    enabled);
            UidSet uids = selected.view();
            Stored stored =
                    storage.flagChanges().store(inbox.id(), uids, FlagChanges.Mode.ADD, Set.of(Flag.Standard.FLAGGED));
            var sent = new ByteArrayOutputStream();
            var out = new WireWriter(sent);

            server.allowDatabase(false);
            assertThatThrownBy(() -> selected.tellStored(out, Expunges.WITHHELD, stored, uids, UidSet.EMPTY))
                    .isInstanceOf(StorageException.class);
            server.allowDatabase(true);
            server.awaitReady();
            selected.poll(out, Expunges.WITHHELD);
            out.flush();
            assertThat(sent.toString(US_ASCII))
                    .isEqualTo("* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent) MODSEQ (3))\r\n");
        }
    }
}
