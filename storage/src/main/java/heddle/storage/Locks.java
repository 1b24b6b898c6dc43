package heddle.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The write locks of mailboxes: their rows. A transaction's first statement takes them and reads nothing else, so that
 * what later statements read is what the holder before committed (DESIGN §4 rule 1).
 */
final class Locks {
    private Locks() {}

    /** @throws StorageException {@code NOT_FOUND} when the mailbox is deleted */
    static void take(Connection connection, MailboxId mailbox) throws SQLException {
        take(connection, mailbox, mailbox);
    }

    /**
     * Takes both, by ascending id (DESIGN §4 rule 2).
     *
     * @throws StorageException {@code NOT_FOUND} when one of them is deleted
     */
    static void take(Connection connection, MailboxId one, MailboxId other) throws SQLException {
        String sql = """
                SELECT mailbox_id
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id IN (?, ?) AND deleted_at IS NULL
                 ORDER BY mailbox_id
                   FOR UPDATE
                """;
        try (PreparedStatement lock = connection.prepareStatement(sql)) {
            lock.setLong(1, one.account().value());
            lock.setLong(2, one.value());
            lock.setLong(3, other.value());
            int taken = 0;
            try (ResultSet row = lock.executeQuery()) {
                while (row.next()) {
                    taken++;
                }
            }
            if (taken < (one.equals(other) ? 1 : 2)) {
                throw Mailboxes.noSuchMailbox();
            }
        }
    }
}
