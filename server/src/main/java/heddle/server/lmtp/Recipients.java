package heddle.server.lmtp;

import heddle.protocol.MailboxName;
import heddle.storage.Account;
import heddle.storage.Mailbox;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says whose mailbox an address means. */
final class Recipients {
    private final Storage storage;
    private final @Nullable String separator;

    /** @param separator one character between user and mailbox; null when addresses have no second part */
    Recipients(Storage storage, @Nullable String separator) {
        this.storage = storage;
        this.separator = separator;
    }

    /**
     * {@return who gets mail for this address; empty when nobody does} Accounts that are disabled still get mail. A mailbox
     * that the address names and the account does not have is INBOX.
     *
     * @throws StorageException {@code UNAVAILABLE}
     */
    Optional<Recipient> find(MailAddress address) {
        Map<String, String> candidates = candidates(address, separator);
        return storage.accounts()
                .findFirst(List.copyOf(candidates.keySet()))
                .map(account -> recipient(address, account, candidates.getOrDefault(account.name(), "")));
    }

    private Recipient recipient(MailAddress address, Account account, String mailbox) {
        return new Recipient(address, account, mailbox.isEmpty() ? MailboxName.INBOX : existing(account, mailbox));
    }

    private MailboxName existing(Account account, String mailbox) {
        MailboxName name;
        try {
            name = new MailboxName(mailbox);
        } catch (IllegalArgumentException notAName) {
            return MailboxName.INBOX;
        }
        return storage.mailboxes().find(account.id(), name).map(Mailbox::name).orElse(MailboxName.INBOX);
    }

    /**
     * {@return the accounts that an address may mean, the likeliest first, each with the mailbox in it, empty for INBOX} The
     * whole address comes before its local part, the whole local part before the one without mailbox, and the letter case
     * it was written in before lower case: account names are compared exactly, but few senders care.
     */
    static Map<String, String> candidates(MailAddress address, @Nullable String separator) {
        String whole = address.localPart();
        int at = separator == null ? -1 : whole.indexOf(separator);
        String user = at < 1 ? whole : whole.substring(0, at);
        String mailbox = at < 1 ? "" : whole.substring(at + 1);
        String domain = address.domain().isEmpty() ? "" : "@" + address.domain();
        var candidates = new LinkedHashMap<String, String>();
        candidates.put(whole + domain, "");
        candidates.putIfAbsent(user + domain, mailbox);
        candidates.putIfAbsent(whole, "");
        candidates.putIfAbsent(user, mailbox);
        new LinkedHashMap<>(candidates)
                .forEach((name, place) -> candidates.putIfAbsent(name.toLowerCase(Locale.ROOT), place));
        return candidates;
    }
}
