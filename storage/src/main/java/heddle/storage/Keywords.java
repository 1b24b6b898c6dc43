package heddle.storage;

import heddle.protocol.Flag;
import heddle.storage.StorageException.Reason;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The keywords of a mailbox: number and spelling. A number is given once and stays. */
public final class Keywords {
    /** How many keywords a mailbox can have; then {@code NO [LIMIT]}, and no {@code \*} in PERMANENTFLAGS. */
    public static final int LIMIT = 300;

    /** The longest keyword, in characters. */
    private static final int LONGEST = 255;

    private static final int[] NONE = {};

    private Keywords() {}

    /** {@return the spellings, by number} */
    static List<Flag.Keyword> all(Connection connection, MailboxId mailbox) throws SQLException {
        String sql = "SELECT name FROM keyword WHERE account_id = ? AND mailbox_id = ? ORDER BY number";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, mailbox.account().value());
            select.setLong(2, mailbox.value());
            try (ResultSet row = select.executeQuery()) {
                var all = new ArrayList<Flag.Keyword>();
                while (row.next()) {
                    all.add(new Flag.Keyword(row.getString(1)));
                }
                return all;
            }
        }
    }

    /** {@return the number of each keyword that there is} */
    static Map<Flag.Keyword, Integer> known(Connection connection, MailboxId mailbox) throws SQLException {
        List<Flag.Keyword> all = all(connection, mailbox);
        var numbers = new HashMap<Flag.Keyword, Integer>();
        for (int number = 0; number < all.size(); number++) {
            numbers.put(all.get(number), number);
        }
        return numbers;
    }

    /**
     * {@return the number of each of these keywords; new ones are given one} The caller holds the mailbox's row.
     *
     * @throws StorageException {@code LIMIT} when there are too many, or one of them is too long
     */
    static Map<Flag.Keyword, Integer> define(Connection connection, MailboxId mailbox, Collection<Flag.Keyword> wanted)
            throws SQLException {
        if (wanted.isEmpty()) {
            return Map.of();
        }
        List<Flag.Keyword> known = all(connection, mailbox);
        int before = known.size();
        var numbers = new HashMap<Flag.Keyword, Integer>();
        // A set has its members in another order in each process; clients are shown the same everywhere.
        for (Flag.Keyword keyword : sorted(wanted)) {
            int number = known.indexOf(keyword);
            if (number < 0) {
                number = known.size();
                if (keyword.wire().length() > LONGEST) {
                    throw new StorageException(Reason.LIMIT, "a keyword has at most " + LONGEST + " characters");
                }
                if (number >= LIMIT) {
                    throw new StorageException(Reason.LIMIT, "this mailbox has too many keywords");
                }
                insert(connection, mailbox, number, keyword);
                known.add(keyword);
            }
            numbers.put(keyword, number);
        }
        if (known.size() > before) {
            count(connection, mailbox, known.size());
        }
        return numbers;
    }

    private static List<Flag.Keyword> sorted(Collection<Flag.Keyword> keywords) {
        return keywords.stream()
                .sorted(Comparator.comparing(Flag.Keyword::wire))
                .toList();
    }

    /** {@return the numbers that {@code defined} has for these, ascending} */
    static int[] numbers(Map<Flag.Keyword, Integer> defined, Collection<Flag.Keyword> keywords) {
        return keywords.stream()
                .map(defined::get)
                .filter(Objects::nonNull)
                .mapToInt(Integer::intValue)
                .sorted()
                .distinct()
                .toArray();
    }

    private static void insert(Connection connection, MailboxId mailbox, int number, Flag.Keyword keyword)
            throws SQLException {
        String sql = "INSERT INTO keyword (account_id, mailbox_id, number, name) VALUES (?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setLong(1, mailbox.account().value());
            insert.setLong(2, mailbox.value());
            insert.setInt(3, number);
            insert.setString(4, keyword.wire());
            insert.executeUpdate();
        }
    }

    private static void count(Connection connection, MailboxId mailbox, int keywords) throws SQLException {
        String sql = "UPDATE mailbox SET keywords = ? WHERE account_id = ? AND mailbox_id = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setInt(1, keywords);
            update.setLong(2, mailbox.account().value());
            update.setLong(3, mailbox.value());
            update.executeUpdate();
        }
    }

    /** {@return the numbers in this column; none for null} */
    static int[] read(ResultSet row, String column) throws SQLException {
        Array array = row.getArray(column);
        if (array == null) {
            return NONE;
        }
        Integer[] boxed = (Integer[]) array.getArray();
        var numbers = new int[boxed.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = boxed[i];
        }
        return numbers;
    }
}
