package heddle.storage;

/**
 * What pods tell each other of, and sessions watch: a mailbox, or, named by the account, the list of its mailboxes and
 * subscriptions.
 */
public sealed interface Topic permits MailboxId, AccountId {}
