package heddle.storage;

import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.SpecialUse;
import heddle.protocol.UidValidity;
import java.util.Set;

/**
 * A mailbox as its row says at one moment.
 *
 * @param uidNext 1 to 4,294,967,296: all UIDs up to the last are used up then
 * @param journalFloor the journal is complete for all modseqs above this one
 */
public record Mailbox(
        MailboxId id,
        MailboxName name,
        Set<SpecialUse> uses,
        UidValidity uidValidity,
        long uidNext,
        ModSeq highestModSeq,
        ModSeq journalFloor,
        Counters counters) {
    /** How far a mailbox has come in which nothing has happened yet. */
    public static final ModSeq FIRST = new ModSeq(1);

    /**
     * Sums over the messages that are not expunged.
     *
     * @param bytes sum of RFC822.SIZE
     * @param recentUid UIDs from this one on no session has been told of as recent (RFC 3501 §2.3.2, {@code \Recent})
     * @param keywords how many keywords the mailbox has ever seen
     */
    public record Counters(long messages, long bytes, long unseen, long deleted, long recentUid, int keywords) {}

    public Mailbox {
        uses = Set.copyOf(uses);
    }
}
