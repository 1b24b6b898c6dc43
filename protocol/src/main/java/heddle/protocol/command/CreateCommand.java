package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/**
 * {@code CREATE} (RFC 3501 §6.3.3, RFC 6154 §3).
 *
 * @param mailbox without the separator at its end, by which a client says that it will create others below
 * @param uses what the mailbox is for; mostly empty
 */
public record CreateCommand(GivenName mailbox, Set<SpecialUse> uses) implements Command.Authenticated {
    public CreateCommand {
        uses = Set.copyOf(uses);
    }

    /** {@code create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]}. */
    static CreateCommand read(WireReader in) throws IOException {
        in.space();
        String text = in.mailboxText();
        boolean parent = text.length() > 1 && text.charAt(text.length() - 1) == MailboxName.SEPARATOR;
        GivenName mailbox = WireReader.given(parent ? text.substring(0, text.length() - 1) : text);
        var uses = EnumSet.noneOf(SpecialUse.class);
        if (in.take(' ')) {
            in.nonEmptyList(() -> {
                String parameter = in.word();
                if (!parameter.equals("USE")) {
                    throw new SyntaxException("unknown CREATE parameter " + parameter);
                }
                in.space();
                return uses.addAll(in.list(() -> use(in)));
            });
        }
        return new CreateCommand(mailbox, uses);
    }

    private static SpecialUse use(WireReader in) throws IOException {
        in.expect('\\');
        String name = "\\" + in.atom();
        return SpecialUse.of(name)
                .orElseThrow(() -> new RefusedException(ResponseCode.Word.USEATTR, "unknown special use " + name));
    }
}
