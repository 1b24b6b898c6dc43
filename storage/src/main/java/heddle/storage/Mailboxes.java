package heddle.storage;

import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.SpecialUse;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The mailboxes of an account: their names and what their rows say. What changes names or
 * subscriptions holds the account's row, so that within an account it happens one after the other (DESIGN §4 rule 2).
 */
public final class Mailboxes {
    private static final String COLUMNS = """
            mailbox_id, name, special_use, uid_validity, uid_next, highest_modseq, journal_floor,
            messages, bytes, unseen, deleted, recent_uid, keywords
            """;

    private final Database database;
    private final Epochs epochs;
    private final Copies copies;
    private final Feed feed;

    Mailboxes(Database database, Epochs epochs, Copies copies, Feed feed) {
        this.database = database;
        this.epochs = epochs;
        this.copies = copies;
        this.feed = feed;
    }

    /** {@return the mailbox of this name as it is now} */
    public Optional<Mailbox> find(AccountId account, MailboxName name) {
        String sql =
                "SELECT " + COLUMNS + ", epoch FROM mailbox WHERE account_id = ? AND name = ? AND deleted_at IS NULL";
        Optional<Mailbox> found = database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, account.value());
                select.setString(2, name.value());
                return one(account, select);
            }
        });
        return found;
    }

    /** {@return the mailbox as it is now; empty once it is deleted} */
    public Optional<Mailbox> find(MailboxId id) {
        String sql = "SELECT " + COLUMNS
                + ", epoch FROM mailbox WHERE account_id = ? AND mailbox_id = ? AND deleted_at IS NULL";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, id.account().value());
                select.setLong(2, id.value());
                return one(id.account(), select);
            }
        });
    }

    private Optional<Mailbox> one(AccountId account, PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            if (row.getInt("epoch") == epochs.current()) {
                return Optional.of(mailbox(account, row));
            }
        }
        epochs.jump(select.getConnection(), account);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? Optional.of(mailbox(account, row)) : Optional.empty();
        }
    }

    /** {@return all mailboxes of the account by name} */
    public List<Mailbox> list(AccountId account) {
        String sql =
                "SELECT " + COLUMNS + ", epoch FROM mailbox WHERE account_id = ? AND deleted_at IS NULL ORDER BY name";
        return several(account, sql, _ -> {});
    }

    /** {@return those of these mailboxes that are there, as they are now, by name} */
    public List<Mailbox> read(AccountId account, Collection<MailboxId> mailboxes) {
        String sql = "SELECT " + COLUMNS
                + ", epoch FROM mailbox WHERE account_id = ? AND mailbox_id = ANY (?) AND deleted_at IS NULL ORDER BY name";
        long[] ids = mailboxes.stream().mapToLong(MailboxId::value).toArray();
        return several(account, sql, select -> select.setObject(2, ids));
    }

    /** Gives a statement what it asks for. */
    @FunctionalInterface
    private interface Binding {
        void bind(PreparedStatement select) throws SQLException;
    }

    private List<Mailbox> several(AccountId account, String sql, Binding binding) {
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, account.value());
                binding.bind(select);
                Optional<List<Mailbox>> all = all(account, select);
                while (all.isEmpty()) {
                    epochs.jump(connection, account);
                    all = all(account, select);
                }
                return all.get();
            }
        });
    }

    /** {@return all; nothing when one is of another epoch than this pod, and has to jump first} */
    private Optional<List<Mailbox>> all(AccountId account, PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            var all = new ArrayList<Mailbox>();
            while (row.next()) {
                if (row.getInt("epoch") != epochs.current()) {
                    return Optional.empty();
                }
                all.add(mailbox(account, row));
            }
            return Optional.of(all);
        }
    }

    /**
     * Makes a mailbox and the ones above it that are missing (RFC 3501 §6.3.3).
     *
     * @return all that were made
     * @throws StorageException {@code ALREADY_EXISTS}; several mailboxes may share a special use (RFC 6154 §2)
     */
    public Map<MailboxName, MailboxId> create(AccountId account, MailboxName name, Set<SpecialUse> uses) {
        return changeList(account, connection -> {
            if (exists(connection, account, name)) {
                throw alreadyExists();
            }
            Map<MailboxName, MailboxId> made = createParents(connection, account, name);
            made.put(name, insert(connection, account, name, uses));
            return made;
        });
    }

    /** A transaction that changes names or subscriptions: in an account, one happens after the other. */
    private <T> T changeList(AccountId account, Database.Work<T> work) {
        record Changed<R>(R result, ModSeq list) {}
        Changed<T> changed = database.transaction(connection -> {
            ModSeq list = Accounts.lockList(connection, account);
            return new Changed<>(work.run(connection), list);
        });
        feed.announce(account, changed.list());
        return changed.result();
    }

    private Map<MailboxName, MailboxId> createParents(Connection connection, AccountId account, MailboxName name)
            throws SQLException {
        Optional<MailboxName> parent = name.parent();
        if (parent.isEmpty() || exists(connection, account, parent.get())) {
            return new HashMap<>();
        }
        Map<MailboxName, MailboxId> made = createParents(connection, account, parent.get());
        made.put(parent.get(), insert(connection, account, parent.get(), Set.of()));
        return made;
    }

    /** Makes the row. The caller holds the account's row and knows that the name is free. */
    MailboxId insert(Connection connection, AccountId account, MailboxName name, Set<SpecialUse> uses)
            throws SQLException {
        String sql = """
                INSERT INTO mailbox (account_id, name, special_use, uid_validity, epoch)
                VALUES (?, ?, ?, ?, ?)
                RETURNING mailbox_id
                """;
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setLong(1, account.value());
            insert.setString(2, name.value());
            insert.setInt(3, bits(uses));
            insert.setLong(4, nextUidValidity(connection, account).value());
            insert.setInt(5, epochs.current());
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return new MailboxId(account, row.getLong(1));
            }
        }
    }

    /** Rises with every mailbox of the account, and with time and epochs, should the account have forgotten some. */
    private static UidValidity nextUidValidity(Connection connection, AccountId account) throws SQLException {
        String sql = """
                UPDATE account
                   SET last_uid_validity = greatest(last_uid_validity + 1, %s)
                 WHERE account_id = ?
                RETURNING last_uid_validity
                """.formatted(Epochs.LEAST_UID_VALIDITY);
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, account.value());
            try (ResultSet row = update.executeQuery()) {
                row.next();
                return new UidValidity(row.getLong(1));
            }
        }
    }

    /**
     * Deletes the mailbox with its messages; what lies below it stays (RFC 3501 §6.3.4). The name is free at once, the
     * rows go when the sweeper comes.
     *
     * @throws StorageException {@code NOT_FOUND}, {@code HAS_CHILDREN} for a name that is there only for those below it, or
     *     {@code CANNOT} for INBOX
     */
    public void delete(AccountId account, MailboxName name) {
        if (name.isInbox()) {
            throw new StorageException(Reason.CANNOT, "INBOX cannot be deleted");
        }
        String sql = """
                UPDATE mailbox
                   SET deleted_at = now()
                 WHERE account_id = ? AND name = ? AND deleted_at IS NULL
                RETURNING mailbox_id
                """;
        MailboxId deleted = changeList(account, connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setLong(1, account.value());
                update.setString(2, name.value());
                try (ResultSet row = update.executeQuery()) {
                    if (!row.next()) {
                        throw hasChildren(connection, account, name)
                                ? new StorageException(Reason.HAS_CHILDREN, "there are only mailboxes below this name")
                                : noSuchMailbox();
                    }
                    return new MailboxId(account, row.getLong(1));
                }
            }
        });
        feed.deleted(deleted);
    }

    /**
     * What RENAME has done beside giving names.
     *
     * @param made the mailboxes that were made: those above the new name that were missing, and for INBOX the new one
     * @param changed INBOX and the new one, each changed once, when messages have moved
     */
    public record Renamed(Map<MailboxName, MailboxId> made, List<MailboxId> changed) {}

    /**
     * Renames the mailbox and all below it; UIDs and UIDVALIDITY stay. INBOX is not renamed: its messages move to a new
     * mailbox of the other name (RFC 3501 §6.3.5).
     *
     * @throws StorageException {@code NOT_FOUND}, {@code ALREADY_EXISTS}, or {@code CANNOT} when the new name lies below
     *     the old one
     */
    public Renamed rename(AccountId account, MailboxName from, MailboxName to) {
        if (from.isInbox()) {
            return renameInbox(account, to);
        }
        return changeList(account, connection -> {
            if (!exists(connection, account, from) && !hasChildren(connection, account, from)) {
                throw noSuchMailbox();
            }
            if (to.isBelow(from)) {
                throw new StorageException(Reason.CANNOT, "a mailbox cannot be moved below itself");
            }
            for (MailboxName name : family(connection, account, from)) {
                MailboxName target = moved(name, from, to);
                if (exists(connection, account, target)) {
                    throw alreadyExists();
                }
            }
            Map<MailboxName, MailboxId> made = createParents(connection, account, to);
            String sql = """
                    UPDATE mailbox
                       SET name = ? || substr(name, length(?) + 1)
                     WHERE account_id = ? AND deleted_at IS NULL AND (name = ? OR starts_with(name, ? || '/'))
                    """;
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, to.value());
                update.setString(2, from.value());
                update.setLong(3, account.value());
                update.setString(4, from.value());
                update.setString(5, from.value());
                update.executeUpdate();
            }
            return new Renamed(made, List.of());
        });
    }

    /** The new name of {@code name}, which is {@code from} or lies below it; too long a name is refused. */
    private static MailboxName moved(MailboxName name, MailboxName from, MailboxName to) {
        try {
            return new MailboxName(
                    to.value() + name.value().substring(from.value().length()));
        } catch (IllegalArgumentException refused) {
            throw new StorageException(Reason.CANNOT, String.valueOf(refused.getMessage()), refused);
        }
    }

    private Renamed renameInbox(AccountId account, MailboxName to) {
        record Made(Map<MailboxName, MailboxId> made, Copies.Copied moved) {}
        UUID operation = Changes.newOperation();
        Mailbox inbox = find(account, MailboxName.INBOX).orElseThrow(Mailboxes::noSuchMailbox);
        Made done = changeList(account, connection -> {
            if (exists(connection, account, to)) {
                throw alreadyExists();
            }
            Map<MailboxName, MailboxId> made = createParents(connection, account, to);
            MailboxId target = insert(connection, account, to, Set.of());
            made.put(to, target);
            Locks.Held held = epochs.take(connection, inbox.id(), target).getFirst();
            UidSet all = UidSet.range(1, row(connection, inbox.id()).uidNext() - 1);
            return new Made(made, copies.move(connection, held, row(connection, target), all, operation));
        });
        copies.announce(inbox.id(), done.moved);
        boolean hasMoved = done.moved.gone().isPresent();
        return new Renamed(done.made, hasMoved ? List.of(inbox.id(), done.moved.target()) : List.of());
    }

    private static Mailbox row(Connection connection, MailboxId id) throws SQLException {
        String sql = "SELECT " + COLUMNS + " FROM mailbox WHERE account_id = ? AND mailbox_id = ?";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, id.account().value());
            select.setLong(2, id.value());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return mailbox(id.account(), row);
            }
        }
    }

    private static List<MailboxName> family(Connection connection, AccountId account, MailboxName name)
            throws SQLException {
        String sql = """
                SELECT name
                  FROM mailbox
                 WHERE account_id = ? AND deleted_at IS NULL AND (name = ? OR starts_with(name, ? || '/'))
                """;
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, account.value());
            select.setString(2, name.value());
            select.setString(3, name.value());
            try (ResultSet row = select.executeQuery()) {
                var names = new ArrayList<MailboxName>();
                while (row.next()) {
                    names.add(new MailboxName(row.getString(1)));
                }
                return names;
            }
        }
    }

    /** {@return whether there are mailboxes below this name} */
    public boolean hasChildren(AccountId account, MailboxName name) {
        return database.run(connection -> hasChildren(connection, account, name));
    }

    private static boolean hasChildren(Connection connection, AccountId account, MailboxName name) throws SQLException {
        String sql = """
                SELECT 1
                  FROM mailbox
                 WHERE account_id = ? AND deleted_at IS NULL AND starts_with(name, ? || '/')
                 LIMIT 1
                """;
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, account.value());
            select.setString(2, name.value());
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private static boolean exists(Connection connection, AccountId account, MailboxName name) throws SQLException {
        String sql = "SELECT 1 FROM mailbox WHERE account_id = ? AND name = ? AND deleted_at IS NULL";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, account.value());
            select.setString(2, name.value());
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * Moves {@code \Recent} on to {@code next}: UIDs below it, from the answer on, are recent for the caller, and for no
     * session after it (RFC 3501 §2.3.2). Writes only when there is one.
     *
     * @param next at most the UIDNEXT of the mailbox
     * @return {@code next} when all below it have been claimed before, or the mailbox is deleted
     */
    public long claimRecent(MailboxId mailbox, long next) {
        // Of two sessions that come at once, the second waits for the lock, and then finds the row as the first left
        // it.
        String sql = """
                UPDATE mailbox
                   SET recent_uid = ?
                  FROM (SELECT recent_uid
                          FROM mailbox
                         WHERE account_id = ? AND mailbox_id = ? AND recent_uid < ?
                           FOR UPDATE) before
                 WHERE account_id = ? AND mailbox_id = ?
                RETURNING before.recent_uid
                """;
        return database.runAtomic(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setLong(1, next);
                update.setLong(2, mailbox.account().value());
                update.setLong(3, mailbox.value());
                update.setLong(4, next);
                update.setLong(5, mailbox.account().value());
                update.setLong(6, mailbox.value());
                try (ResultSet row = update.executeQuery()) {
                    return row.next() ? row.getLong(1) : next;
                }
            }
        });
    }

    /** Remembers that the user wants to see this name, whether a mailbox has it or not (RFC 3501 §6.3.6). */
    public void subscribe(AccountId account, MailboxName name) {
        changeList(account, connection -> {
            subscribe(connection, account, name);
            return true;
        });
    }

    void subscribe(Connection connection, AccountId account, MailboxName name) throws SQLException {
        String sql = "INSERT INTO subscription (account_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setLong(1, account.value());
            insert.setString(2, name.value());
            insert.executeUpdate();
        }
    }

    /** Forgets it again; {@return whether it was subscribed} */
    public boolean unsubscribe(AccountId account, MailboxName name) {
        return changeList(account, connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM subscription WHERE account_id = ? AND name = ?")) {
                delete.setLong(1, account.value());
                delete.setString(2, name.value());
                return delete.executeUpdate() > 0;
            }
        });
    }

    /** {@return the subscribed names, those without a mailbox too} */
    public SortedSet<MailboxName> subscriptions(AccountId account) {
        return database.run(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT name FROM subscription WHERE account_id = ?")) {
                select.setLong(1, account.value());
                try (ResultSet row = select.executeQuery()) {
                    var names = new TreeSet<MailboxName>();
                    while (row.next()) {
                        names.add(new MailboxName(row.getString(1)));
                    }
                    return names;
                }
            }
        });
    }

    private static Mailbox mailbox(AccountId account, ResultSet row) throws SQLException {
        return new Mailbox(
                new MailboxId(account, row.getLong("mailbox_id")),
                new MailboxName(row.getString("name")),
                uses(row.getInt("special_use")),
                new UidValidity(row.getLong("uid_validity")),
                row.getLong("uid_next"),
                new ModSeq(row.getLong("highest_modseq")),
                new ModSeq(row.getLong("journal_floor")),
                new Mailbox.Counters(
                        row.getLong("messages"),
                        row.getLong("bytes"),
                        row.getLong("unseen"),
                        row.getLong("deleted"),
                        row.getLong("recent_uid"),
                        row.getInt("keywords")));
    }

    private static int bits(Set<SpecialUse> uses) {
        int bits = 0;
        for (SpecialUse use : uses) {
            bits |= bit(use);
        }
        return bits;
    }

    private static Set<SpecialUse> uses(int bits) {
        var uses = EnumSet.noneOf(SpecialUse.class);
        for (SpecialUse use : SpecialUse.values()) {
            if ((bits & bit(use)) != 0) {
                uses.add(use);
            }
        }
        return uses;
    }

    /** Written out, because what is stored must not depend on the order of the enum. */
    private static int bit(SpecialUse use) {
        return switch (use) {
            case ALL -> 1;
            case ARCHIVE -> 2;
            case DRAFTS -> 4;
            case FLAGGED -> 8;
            case IMPORTANT -> 16;
            case JUNK -> 32;
            case SENT -> 64;
            case TRASH -> 128;
        };
    }

    private static StorageException alreadyExists() {
        return new StorageException(Reason.ALREADY_EXISTS, "there is already a mailbox of this name");
    }

    static StorageException noSuchMailbox() {
        return new StorageException(Reason.NOT_FOUND, "no such mailbox");
    }
}
