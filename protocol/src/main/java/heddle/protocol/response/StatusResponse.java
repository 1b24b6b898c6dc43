package heddle.protocol.response;

import heddle.protocol.Tag;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * {@code OK}, {@code NO}, {@code BAD}, {@code PREAUTH} or {@code BYE}: the answer to a command, or news beside it
 * (RFC 3501 §7.1).
 *
 * @param code null when there is nothing to tell a program
 * @param text for people, not empty; what is not printable US-ASCII arrives as a question mark
 */
public record StatusResponse(
        Tag tag, Condition condition, @Nullable ResponseCode code, String text) implements Response {
    /** How a command ended, or how the connection stands. */
    public enum Condition {
        OK,
        NO,
        BAD,
        PREAUTH,
        BYE
    }

    public static StatusResponse ok(Tag tag, @Nullable ResponseCode code, String text) {
        return new StatusResponse(tag, Condition.OK, code, text);
    }

    public static StatusResponse no(Tag tag, @Nullable ResponseCode code, String text) {
        return new StatusResponse(tag, Condition.NO, code, text);
    }

    public static StatusResponse bad(Tag tag, @Nullable ResponseCode code, String text) {
        return new StatusResponse(tag, Condition.BAD, code, text);
    }

    public static StatusResponse bye(@Nullable ResponseCode code, String text) {
        return new StatusResponse(Tag.UNTAGGED, Condition.BYE, code, text);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom(tag.value()).space().atom(condition.name()).space();
        if (code != null) {
            out.raw('[');
            code.writeTo(out);
            out.raw(']').space();
        }
        out.text(text).crlf();
    }
}
