package heddle.storage.sql;

import heddle.protocol.UidSet;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.sql.Array;
import java.sql.SQLException;
import org.roaringbitmap.RoaringBitmap;

/** Sets of UIDs as SQL has them in rows: multiranges, arrays and bytes. */
public final class UidRanges {
    private UidRanges() {}

    /** {@return the set that {@code {[1,4),[7,8)}} stands for: the canonical text of a multirange, upper bounds open} */
    public static UidSet parse(String multirange) {
        var set = new UidSet.Builder();
        int at = 0;
        while ((at = multirange.indexOf('[', at)) >= 0) {
            int comma = multirange.indexOf(',', at);
            int end = multirange.indexOf(')', comma);
            set.addRange(
                    Long.parseLong(multirange, at + 1, comma, 10), Long.parseLong(multirange, comma + 1, end, 10) - 1);
            at = end;
        }
        return set.build();
    }

    /** {@return the members of an SQL array of bigint} */
    public static UidSet array(Array uids) throws SQLException {
        var bits = new RoaringBitmap();
        for (Long uid : (Long[]) uids.getArray()) {
            bits.add(uid.intValue());
        }
        return UidSet.of(bits);
    }

    /** {@return the UIDs that {@code int8send} wrote one after the other, 8 bytes each} */
    public static UidSet sent(byte[] uids) {
        var bits = new RoaringBitmap();
        LongBuffer each = ByteBuffer.wrap(uids).asLongBuffer();
        while (each.hasRemaining()) {
            bits.add((int) each.get());
        }
        return UidSet.of(bits);
    }

    /** {@return the multirange of {@code uids}, to be cast with {@code ?::int8multirange}} */
    public static String format(UidSet uids) {
        var text = new StringBuilder("{");
        uids.forEachRun((low, high) -> {
            if (text.length() > 1) {
                text.append(',');
            }
            text.append('[').append(low).append(',').append(high + 1).append(')');
        });
        return text.append('}').toString();
    }
}
