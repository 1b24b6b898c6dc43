package heddle.server.transfer;

import heddle.protocol.MailboxName;
import heddle.server.spool.Spool;
import heddle.storage.Account;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Brings mail from files into an account, with its dates and flags. Lone LF become CRLF; nothing else is changed. */
public final class MailImport {
    private MailImport() {}

    /** An import that broke off; what was stored before stays. */
    public static final class BrokenOffException extends IOException {
        private static final long serialVersionUID = 1;

        BrokenOffException(String why, long stored, Exception cause) {
            super(why + "; " + stored + " messages were stored before", cause);
        }
    }

    /**
     * Imports all messages of an mbox file or of a tree of Maildir folders, in batches.
     *
     * @param mailbox where they go; null: INBOX, and the other folders of a tree beside it
     * @return how many there were
     * @throws BrokenOffException in words for people, when not all could be stored
     */
    public static long run(
            Storage storage,
            Account account,
            Spool spool,
            Path source,
            @Nullable MailboxName mailbox,
            Progress progress)
            throws IOException {
        try (var importer = new Importer(storage, account, spool)) {
            try {
                if (Files.isDirectory(source)) {
                    Maildir.read(source, mailbox, importer, progress);
                } else {
                    Mbox.read(source, mailbox == null ? MailboxName.INBOX : mailbox, importer, progress);
                }
            } catch (StorageException refused) {
                throw new BrokenOffException(refused.text(), importer.stored(), refused);
            } catch (IOException failed) {
                if (importer.stored() == 0) {
                    throw failed;
                }
                throw new BrokenOffException(String.valueOf(failed.getMessage()), importer.stored(), failed);
            }
            return importer.stored();
        }
    }
}
