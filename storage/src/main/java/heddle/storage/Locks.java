package heddle.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;

/**
 * The write locks of mailboxes: their rows. A transaction's first statement takes them and reads nothing else, so that
 * what later statements read is what the holder before committed (DESIGN §4 rule 1).
 */
final class Locks {
    private Locks() {}

    /**
     * What the row of a mailbox says as soon as it is held.
     *
     * @param keywords how many the mailbox has
     */
    record Held(MailboxId mailbox, int epoch, int keywords) {}

    /** @throws StorageException {@code NOT_FOUND} when the mailbox is deleted */
    static void take(Connection connection, MailboxId mailbox) throws SQLException {
        take(connection, mailbox, mailbox);
    }

    /**
     * Takes both, by ascending id (DESIGN §4 rule 2).
     *
     * @return one and other, in this order
     * @throws StorageException {@code NOT_FOUND} when one of them is deleted
     */
    static List<Held> take(Connection connection, MailboxId one, MailboxId other) throws SQLException {
        String sql = """
                SELECT mailbox_id, epoch, keywords
                  FROM mailbox
                 WHERE account_id = ? AND mailbox_id IN (?, ?) AND deleted_at IS NULL
                 ORDER BY mailbox_id
                   FOR UPDATE
                """;
        try (PreparedStatement lock = connection.prepareStatement(sql)) {
            lock.setLong(1, one.account().value());
            lock.setLong(2, one.value());
            lock.setLong(3, other.value());
            var held = new HashMap<Long, Held>();
            try (ResultSet row = lock.executeQuery()) {
                while (row.next()) {
                    var id = new MailboxId(one.account(), row.getLong(1));
                    held.put(id.value(), new Held(id, row.getInt(2), row.getInt(3)));
                }
            }
            if (!held.containsKey(one.value()) || !held.containsKey(other.value())) {
                throw Mailboxes.noSuchMailbox();
            }
            return List.of(held.get(one.value()), held.get(other.value()));
        }
    }
}
