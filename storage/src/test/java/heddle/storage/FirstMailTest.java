package heddle.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessageSource;
import heddle.protocol.sasl.ScramSha256Keys;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstMailTest {
    private static final ScramSha256Keys KEYS = ScramSha256Keys.derive("secret", new byte[16], 4096);

    static NewMessage message(String text, Flag... flags) {
        return new NewMessage(MessageSource.of(text.getBytes(US_ASCII)), Set.of(flags), null, new byte[0]);
    }

    @Test
    void aMessageComesAndGoes() throws Exception {
        try (Storage storage = TestDatabase.open()) {
            storage.accounts().create(List.of(new NewAccount("ann", KEYS)));
            AccountId ann = storage.accounts().find("ann").orElseThrow().id();
            Appended appended = storage.messages()
                    .append(
                            ann,
                            MailboxName.INBOX,
                            List.of(message("Subject: hello\r\n\r\nworld\r\n")),
                            Account.Quota.NONE);
            assertThat(appended.uids()).isEqualTo(UidSet.of(1));
            Mailbox inbox = storage.mailboxes().find(ann, MailboxName.INBOX).orElseThrow();
            Snapshot snapshot = storage.snapshots().at(inbox.id(), inbox.highestModSeq());
            assertThat(snapshot.uids()).isEqualTo(UidSet.of(1));
            assertThat(storage.search().byBody(inbox.id(), snapshot.uids(), "WORLD"))
                    .isEqualTo(UidSet.of(1));
            var stored = storage.flagChanges()
                    .store(
                            inbox.id(),
                            UidSet.of(1),
                            FlagChanges.Mode.ADD,
                            Set.of(Flag.Standard.SEEN, new Flag.Keyword("$Junk")));
            snapshot = storage.snapshots().at(inbox.id(), stored.modSeq());
            assertThat(snapshot.with(Flag.Standard.SEEN)).isEqualTo(UidSet.of(1));
            assertThat(snapshot.with(new Flag.Keyword("$junk"))).isEqualTo(UidSet.of(1));
            Mailbox trash =
                    storage.mailboxes().find(ann, new MailboxName("Trash")).orElseThrow();
            Copies.Copied copied = storage.copies().copy(inbox.id(), trash, UidSet.of(1), Account.Quota.NONE);
            assertThat(copied.to()).isEqualTo(UidSet.of(1));
            Copies.Copied moved = storage.copies().move(inbox.id(), trash, UidSet.of(1));
            assertThat(moved.to()).isEqualTo(UidSet.of(2));
            trash = storage.mailboxes().find(trash.id()).orElseThrow();
            snapshot = storage.snapshots().at(trash.id(), trash.highestModSeq());
            assertThat(snapshot.with(new Flag.Keyword("$junk")).size()).isEqualTo(2);
            storage.flagChanges()
                    .store(trash.id(), snapshot.uids(), FlagChanges.Mode.REPLACE, Set.of(Flag.Standard.DELETED));
            assertThat(storage.expunges()
                            .expunge(trash.id(), UidSet.range(1, 10))
                            .change())
                    .isPresent();
            storage.mailboxes().rename(ann, new MailboxName("Trash"), new MailboxName("Bin/Old"));
            storage.sweeper().sweep();
        }
    }
}
