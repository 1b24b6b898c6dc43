package heddle.storage;

import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;

/** Where messages were stored, in the order they were given (RFC 4315 §3 {@code APPENDUID}). */
public record Appended(MailboxId mailbox, UidValidity validity, UidSet uids) {}
