package heddle.storage;

import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.SpecialUse;
import heddle.protocol.sasl.ScramSha256Keys;
import heddle.storage.Account.Quota;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The accounts: who there is, how they prove it, what they may keep. */
public final class Accounts {
    /** What every new account starts with (RFC 6154). */
    private static final Map<MailboxName, EnumSet<SpecialUse>> FIRST_MAILBOXES = firstMailboxes();

    private static final String COLUMNS = """
            account_id, name, salt, iterations, stored_key, server_key, credential_version, disabled, quota_bytes, created_at
            """;

    /**
     * How far the list of mailboxes of account {@code a} has come. In a new epoch it is further than it ever was in the one
     * before, of which commits may be lost.
     */
    static final String LIST_MODSEQ = "((SELECT epoch::bigint << 40 FROM database_state) + a.list_modseq)";

    /** What sessions are told whose account is disabled or deleted. */
    public static final String SHUT_OUT = "this account is closed";

    private final Database database;
    private final Mailboxes mailboxes;

    Accounts(Database database, Mailboxes mailboxes) {
        this.database = database;
        this.mailboxes = mailboxes;
    }

    private static Map<MailboxName, EnumSet<SpecialUse>> firstMailboxes() {
        var first = new LinkedHashMap<MailboxName, EnumSet<SpecialUse>>();
        first.put(MailboxName.INBOX, EnumSet.noneOf(SpecialUse.class));
        first.put(new MailboxName("Drafts"), EnumSet.of(SpecialUse.DRAFTS));
        first.put(new MailboxName("Sent"), EnumSet.of(SpecialUse.SENT));
        first.put(new MailboxName("Archive"), EnumSet.of(SpecialUse.ARCHIVE));
        first.put(new MailboxName("Junk"), EnumSet.of(SpecialUse.JUNK));
        first.put(new MailboxName("Trash"), EnumSet.of(SpecialUse.TRASH));
        return first;
    }

    /**
     * Makes all of these accounts, each with its first mailboxes, or none.
     *
     * @throws StorageException {@code ALREADY_EXISTS} when a name is taken
     */
    public void create(List<NewAccount> accounts) {
        database.transaction(connection -> {
            for (NewAccount account : accounts) {
                create(connection, account);
            }
            return true;
        });
    }

    private void create(Connection connection, NewAccount account) throws SQLException {
        String sql = """
                INSERT INTO account (name, salt, iterations, stored_key, server_key, quota_bytes)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (name) DO NOTHING
                RETURNING account_id
                """;
        AccountId id;
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, account.name());
            bindKeys(insert, 2, account.keys());
            bindQuota(insert, 6, account.quota());
            try (ResultSet row = insert.executeQuery()) {
                if (!row.next()) {
                    throw new StorageException(
                            Reason.ALREADY_EXISTS, "there is already an account named " + account.name());
                }
                id = new AccountId(row.getLong(1));
            }
        }
        for (var first : FIRST_MAILBOXES.entrySet()) {
            mailboxes.insert(connection, id, first.getKey(), first.getValue());
            mailboxes.subscribe(connection, id, first.getKey());
        }
    }

    private static void bindKeys(PreparedStatement statement, int at, ScramSha256Keys keys) throws SQLException {
        statement.setBytes(at, keys.salt());
        statement.setInt(at + 1, keys.iterations());
        statement.setBytes(at + 2, keys.storedKey());
        statement.setBytes(at + 3, keys.serverKey());
    }

    private static void bindQuota(PreparedStatement statement, int at, Quota quota) throws SQLException {
        if (quota.bytes().isPresent()) {
            statement.setLong(at, quota.bytes().getAsLong());
        } else {
            statement.setNull(at, Types.BIGINT);
        }
    }

    /** {@return the account of this name, disabled ones too} */
    public Optional<Account> find(String name) {
        return database.run(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT " + COLUMNS + " FROM account WHERE name = ?")) {
                select.setString(1, name);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(account(row)) : Optional.empty();
                }
            }
        });
    }

    /** {@return the account that has the first of these names that any account has, disabled ones too} */
    public Optional<Account> findFirst(List<String> names) {
        String sql = "SELECT " + COLUMNS + " FROM account WHERE name = ANY (?)";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setObject(1, names.toArray(String[]::new));
                try (ResultSet row = select.executeQuery()) {
                    var found = new ArrayList<Account>();
                    while (row.next()) {
                        found.add(account(row));
                    }
                    return found.stream().min(Comparator.comparingInt(account -> names.indexOf(account.name())));
                }
            }
        });
    }

    /** {@return all accounts by name} */
    public List<Account> list() {
        return database.run(connection -> {
            try (PreparedStatement select =
                            connection.prepareStatement("SELECT " + COLUMNS + " FROM account ORDER BY name");
                    ResultSet row = select.executeQuery()) {
                var all = new ArrayList<Account>();
                while (row.next()) {
                    all.add(account(row));
                }
                return all;
            }
        });
    }

    /**
     * Changes the password; what any pod remembers of the old one is void from now on.
     *
     * @throws StorageException {@code NOT_FOUND}
     */
    public void setKeys(AccountId id, ScramSha256Keys keys) {
        String sql = """
                UPDATE account
                   SET salt = ?, iterations = ?, stored_key = ?, server_key = ?, credential_version = credential_version + 1
                 WHERE account_id = ?
                """;
        change(sql, update -> {
            bindKeys(update, 1, keys);
            update.setLong(5, id.value());
        });
    }

    /**
     * Shuts an account out, or lets it in again; its mail stays, and is still delivered. Sessions that are logged in end
     * within seconds, on whatever pod.
     *
     * @throws StorageException {@code NOT_FOUND}
     */
    public void setDisabled(AccountId id, boolean disabled) {
        database.transaction(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE account SET disabled = ? WHERE account_id = ?")) {
                update.setBoolean(1, disabled);
                update.setLong(2, id.value());
                if (update.executeUpdate() == 0) {
                    throw noSuchAccount();
                }
            }
            if (disabled) {
                Sessions.endAll(connection, id, SHUT_OUT);
            }
            return true;
        });
    }

    /**
     * Says how much the account may keep from now on; what it has stays.
     *
     * @throws StorageException {@code NOT_FOUND}
     */
    public void setQuota(AccountId id, Quota quota) {
        change("UPDATE account SET quota_bytes = ? WHERE account_id = ?", update -> {
            bindQuota(update, 1, quota);
            update.setLong(2, id.value());
        });
    }

    /** Sets the parameters of a statement. */
    @FunctionalInterface
    private interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private void change(String sql, Binder binder) {
        int changed = database.runAtomic(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                binder.bind(update);
                return update.executeUpdate();
            }
        });
        if (changed == 0) {
            throw noSuchAccount();
        }
    }

    /** {@return how many bytes of mail the account keeps} */
    public long usedBytes(AccountId id) {
        return database.run(connection -> usedBytes(connection, id));
    }

    static long usedBytes(Connection connection, AccountId id) throws SQLException {
        String sql = "SELECT coalesce(sum(bytes), 0) FROM mailbox WHERE account_id = ? AND deleted_at IS NULL";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, id.value());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Deletes the account with all its mail, for good. Sessions that are logged in find their mailboxes gone, and end within
     * seconds.
     *
     * @throws StorageException {@code NOT_FOUND}
     */
    public void delete(AccountId id) {
        database.transaction(connection -> {
            lockList(connection, id);
            lockMailboxes(connection, id);
            for (String table : List.of(
                    "change",
                    "message",
                    "body",
                    "content",
                    "orphan",
                    "keyword",
                    "subscription",
                    "mailbox",
                    "account")) {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM " + table + " WHERE account_id = ?")) {
                    delete.setLong(1, id.value());
                    delete.executeUpdate();
                }
            }
            Sessions.endAll(connection, id, SHUT_OUT);
            return true;
        });
    }

    /** A delivery that is under way is over then, and one that comes later finds no mailbox. */
    private static void lockMailboxes(Connection connection, AccountId id) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(
                "SELECT 1 FROM mailbox WHERE account_id = ? ORDER BY mailbox_id FOR UPDATE")) {
            lock.setLong(1, id.value());
            lock.execute();
        }
    }

    /**
     * Takes the account's row, the first lock of whatever changes its list of mailboxes or subscriptions (DESIGN §4 rule 2).
     *
     * @return the modseq of the list with the change
     * @throws StorageException {@code NOT_FOUND}
     */
    static ModSeq lockList(Connection connection, AccountId id) throws SQLException {
        String sql = "UPDATE account a SET list_modseq = list_modseq + 1 WHERE account_id = ? RETURNING " + LIST_MODSEQ;
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, id.value());
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    throw noSuchAccount();
                }
                return new ModSeq(row.getLong(1));
            }
        }
    }

    private static StorageException noSuchAccount() {
        return new StorageException(Reason.NOT_FOUND, "no such account");
    }

    private static Account account(ResultSet row) throws SQLException {
        var keys = new ScramSha256Keys(
                row.getBytes("salt"), row.getInt("iterations"), row.getBytes("stored_key"), row.getBytes("server_key"));
        long bytes = row.getLong("quota_bytes");
        Quota quota = row.wasNull() ? Quota.NONE : new Quota(OptionalLong.of(bytes));
        return new Account(
                new AccountId(row.getLong("account_id")),
                row.getString("name"),
                keys,
                row.getLong("credential_version"),
                row.getBoolean("disabled"),
                quota,
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
