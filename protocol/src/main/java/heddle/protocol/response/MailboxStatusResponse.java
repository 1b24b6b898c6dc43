package heddle.protocol.response;

import heddle.protocol.MailboxName;
import heddle.protocol.ObjectId;
import heddle.protocol.StatusItem;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * {@code STATUS}: numbers of a mailbox (RFC 3501 §7.2.4, RFC 8438, RFC 7889 §3.2).
 *
 * @param values for each item asked for; for MAILBOXID the number of the object
 */
public record MailboxStatusResponse(MailboxName name, Map<StatusItem, Long> values) implements Response {
    /** The value of {@link StatusItem#APPENDLIMIT} in a mailbox without a limit: {@code NIL}. */
    public static final long UNLIMITED = -1;

    public MailboxStatusResponse {
        var copy = new EnumMap<StatusItem, Long>(StatusItem.class);
        copy.putAll(values);
        values = Collections.unmodifiableMap(copy);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* STATUS ").mailbox(name).atom(" (");
        String before = "";
        for (Map.Entry<StatusItem, Long> value : values.entrySet()) {
            out.atom(before).atom(value.getKey().name()).space();
            before = " ";
            if (value.getKey() == StatusItem.MAILBOXID) {
                out.raw('(')
                        .atom(new ObjectId(ObjectId.Kind.MAILBOX, value.getValue()).wire())
                        .raw(')');
            } else if (value.getValue() == UNLIMITED) {
                out.nil();
            } else {
                out.number(value.getValue());
            }
        }
        out.raw(')').crlf();
    }
}
