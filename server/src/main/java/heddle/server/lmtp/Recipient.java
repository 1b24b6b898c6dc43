package heddle.server.lmtp;

import heddle.protocol.MailboxName;
import heddle.storage.Account;

/** One who gets the message, and where. */
record Recipient(MailAddress address, Account account, MailboxName mailbox) {}
