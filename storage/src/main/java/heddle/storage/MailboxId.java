package heddle.storage;

/** Names a mailbox inside storage. It stays with the mailbox through RENAME and is never used again after DELETE. */
public record MailboxId(AccountId account, long value) implements Topic, Comparable<MailboxId> {
    /** Mailbox rows are locked in this order, so that no two commands wait for each other. */
    @Override
    public int compareTo(MailboxId other) {
        return Long.compare(value, other.value);
    }
}
