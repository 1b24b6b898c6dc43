package heddle.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessageSource;
import heddle.protocol.sasl.ScramSha256Keys;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Accounts and messages for tests. */
final class TestMail {
    static final ScramSha256Keys KEYS = ScramSha256Keys.derive("secret", new byte[16], 4096);

    private static final AtomicInteger COUNT = new AtomicInteger();

    private TestMail() {}

    /** {@return a new account with the mailboxes that every account has} */
    static AccountId account(Storage storage) {
        String name = "user" + COUNT.incrementAndGet();
        storage.accounts().create(List.of(new NewAccount(name, KEYS)));
        return storage.accounts().find(name).orElseThrow().id();
    }

    static NewMessage message(byte[] text, Flag... flags) {
        return new NewMessage(MessageSource.of(text), Set.of(flags), null, new byte[0]);
    }

    static NewMessage message(String text, Flag... flags) {
        return message(text.getBytes(UTF_8), flags);
    }

    /** {@return a small message, the same for the same number} */
    static String text(long number) {
        return "Subject: number " + number + "\r\n\r\nmessage " + number + "\r\n";
    }

    /** Appends one message to INBOX; {@return its UID} */
    static long append(Storage storage, AccountId account, String text, Flag... flags) throws IOException {
        return append(storage, account, MailboxName.INBOX, List.of(message(text, flags)))
                .first();
    }

    static UidSet append(Storage storage, AccountId account, MailboxName mailbox, List<NewMessage> messages)
            throws IOException {
        return storage.messages()
                .append(account, mailbox, messages, Account.Quota.NONE)
                .uids();
    }

    /** Appends this many small messages in one command. */
    static UidSet appendMany(Storage storage, AccountId account, MailboxName mailbox, int count) throws IOException {
        var messages = new ArrayList<NewMessage>();
        for (int i = 1; i <= count; i++) {
            messages.add(message(text(i)));
        }
        return append(storage, account, mailbox, messages);
    }

    /** {@return the mailbox as it is now} */
    static Mailbox mailbox(Storage storage, AccountId account, String name) {
        return storage.mailboxes().find(account, new MailboxName(name)).orElseThrow();
    }

    static Mailbox inbox(Storage storage, AccountId account) {
        return mailbox(storage, account, "INBOX");
    }

    /** {@return the mailbox's snapshot as of now} */
    static Snapshot snapshot(Storage storage, MailboxId mailbox) {
        Mailbox now = storage.mailboxes().find(mailbox).orElseThrow();
        return storage.snapshots().at(mailbox, now.highestModSeq());
    }

    /** {@return what BODY[] sends, without the trace fields} */
    static byte[] body(Storage storage, MailboxId mailbox, long uid) throws IOException {
        MessageRow row =
                storage.fetches().read(mailbox, UidSet.of(uid), Set.of()).getFirst();
        try (InputStream body =
                storage.bodies().open(mailbox.account(), row.contentId(), 0, row.size() - row.trace().length)) {
            return body.readAllBytes();
        }
    }
}
