package heddle.protocol.command;

import heddle.protocol.StatusItem;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * {@code LIST} (RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154).
 *
 * @param syntax whether an empty pattern asks for the separator (basic), or matches nothing (extended)
 * @param selection which mailboxes; empty: all
 * @param reference what the patterns are relative to, decoded; mostly empty
 * @param patterns decoded; <code>%</code> and <code>*</code> are wildcards
 * @param returns what to tell beside the attributes that are always told
 * @param status what STATUS is to tell of each mailbox listed; empty: nothing
 */
public record ListCommand(
        Syntax syntax,
        Set<Selection> selection,
        String reference,
        List<String> patterns,
        Set<Return> returns,
        Set<StatusItem> status)
        implements Command.Authenticated {
    /** Which of the two forms of LIST it is (RFC 5258 §3). */
    public enum Syntax {
        /** As in RFC 3501. */
        BASIC,
        /** With selection options, several patterns, or return options. */
        EXTENDED
    }

    /** Which mailboxes to list (RFC 5258 §3.1, RFC 6154 §5.2). */
    public enum Selection {
        /** Names that are subscribed, whether or not there are such mailboxes. */
        SUBSCRIBED,
        /** Those of other servers as well. */
        REMOTE,
        /** Also those that have one below them which meets the other options. */
        RECURSIVEMATCH,
        /** Those that have a special use. */
        SPECIAL_USE
    }

    /** What to tell of them (RFC 5258 §3.2, RFC 6154 §5.3). */
    public enum Return {
        SUBSCRIBED,
        CHILDREN,
        SPECIAL_USE
    }

    public ListCommand {
        selection = Set.copyOf(selection);
        patterns = List.copyOf(patterns);
        returns = Set.copyOf(returns);
        status = Set.copyOf(status);
    }

    /**
     * {@code list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]}, with
     * {@code mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"}.
     */
    static ListCommand read(WireReader in) throws IOException {
        in.space();
        var syntax = Syntax.BASIC;
        var selection = EnumSet.noneOf(Selection.class);
        if (in.peek('(')) {
            syntax = Syntax.EXTENDED;
            selection.addAll(in.list(() -> selection(in)));
            if (selection.contains(Selection.RECURSIVEMATCH)
                    && !selection.contains(Selection.SUBSCRIBED)
                    && !selection.contains(Selection.SPECIAL_USE)) {
                throw new SyntaxException("RECURSIVEMATCH needs another selection option");
            }
            in.space();
        }
        String reference = in.mailboxText();
        in.space();
        List<String> patterns;
        if (in.peek('(')) {
            syntax = Syntax.EXTENDED;
            patterns = in.nonEmptyList(in::listMailbox);
        } else {
            patterns = List.of(in.listMailbox());
        }
        var returns = EnumSet.noneOf(Return.class);
        var status = new ArrayList<StatusItem>();
        if (in.take(' ')) {
            syntax = Syntax.EXTENDED;
            String keyword = in.word();
            if (!keyword.equals("RETURN")) {
                throw new SyntaxException("RETURN is expected");
            }
            in.space();
            in.list(() -> returnOption(in, returns, status));
        }
        return new ListCommand(syntax, selection, reference, patterns, returns, Set.copyOf(status));
    }

    private static Selection selection(WireReader in) throws IOException {
        String option = in.word();
        return switch (option) {
            case "SUBSCRIBED" -> Selection.SUBSCRIBED;
            case "REMOTE" -> Selection.REMOTE;
            case "RECURSIVEMATCH" -> Selection.RECURSIVEMATCH;
            case "SPECIAL-USE" -> Selection.SPECIAL_USE;
            default -> throw new SyntaxException("unknown LIST selection option " + option);
        };
    }

    private static boolean returnOption(WireReader in, Set<Return> returns, List<StatusItem> status)
            throws IOException {
        String option = in.word();
        return switch (option) {
            case "SUBSCRIBED" -> returns.add(Return.SUBSCRIBED);
            case "CHILDREN" -> returns.add(Return.CHILDREN);
            case "SPECIAL-USE" -> returns.add(Return.SPECIAL_USE);
            case "STATUS" -> {
                in.space();
                yield status.addAll(StatusCommand.items(in));
            }
            default -> throw new SyntaxException("unknown LIST return option " + option);
        };
    }
}
