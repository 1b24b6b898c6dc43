package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;

/**
 * {@code EXISTS}, {@code RECENT} or {@code EXPUNGE}: a number and what has that number (RFC 3501 §7.3, §7.4.1).
 *
 * @param number how many messages; for EXPUNGE the sequence number of the one that is gone
 */
public record CountResponse(Kind kind, long number) implements Response {
    /** What is counted. */
    public enum Kind {
        EXISTS,
        RECENT,
        EXPUNGE
    }

    public static CountResponse exists(long messages) {
        return new CountResponse(Kind.EXISTS, messages);
    }

    public static CountResponse recent(long messages) {
        return new CountResponse(Kind.RECENT, messages);
    }

    public static CountResponse expunge(long sequenceNumber) {
        return new CountResponse(Kind.EXPUNGE, sequenceNumber);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ").number(number).space().atom(kind.name()).crlf();
    }
}
