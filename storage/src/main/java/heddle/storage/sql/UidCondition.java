package heddle.storage.sql;

import heddle.protocol.UidSet;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The condition that a row of {@code message m} is one of some UIDs: neighbours as a range, others one by one. Of both the
 * planner expects few rows, and goes to them by the primary key.
 */
public final class UidCondition {
    private UidCondition() {}

    /** {@return the condition, as part of a statement} */
    public static String of(UidSet uids) {
        return isRange(uids) ? "m.uid BETWEEN ? AND ?" : "m.uid = ANY (?)";
    }

    /** Sets its parameters from {@code at} on. {@return the number of the parameter after them} */
    public static int bind(PreparedStatement statement, int at, UidSet uids) throws SQLException {
        if (isRange(uids)) {
            statement.setLong(at, uids.first());
            statement.setLong(at + 1, uids.last());
            return at + 2;
        }
        statement.setObject(at, uids.toArray());
        return at + 1;
    }

    private static boolean isRange(UidSet uids) {
        return uids.isEmpty() || uids.last() - uids.first() + 1 == uids.size();
    }
}
