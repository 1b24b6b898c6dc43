package heddle.protocol.command;

import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which mailboxes a part of NOTIFY is about (RFC 5465 §6). */
public sealed interface MailboxFilter {
    /** The mailbox that is selected, whichever that is at the time; it is not among those of the other filters. */
    enum Selected implements MailboxFilter {
        /** All is told at once, so that sequence numbers can change at any time (RFC 5465 §6.1.1). */
        IMMEDIATE,
        /** That messages are gone is told only when a command allows it (RFC 5465 §6.1.2). */
        DELAYED
    }

    /** Sets of mailboxes that have a name. */
    enum Common implements MailboxFilter {
        /** Those into which mail may be delivered (RFC 5465 §6.3). */
        INBOXES,
        /** All of the user (RFC 5465 §6.2). */
        PERSONAL,
        /** Those that are subscribed at the time (RFC 5465 §6.4). */
        SUBSCRIBED
    }

    /** These mailboxes and all below them (RFC 5465 §6.5). */
    record Subtree(Set<MailboxName> names) implements MailboxFilter {
        public Subtree {
            names = Set.copyOf(names);
        }
    }

    /** Just these mailboxes (RFC 5465 §6.6). */
    record Mailboxes(Set<MailboxName> names) implements MailboxFilter {
        public Mailboxes {
            names = Set.copyOf(names);
        }
    }

    /** {@code filter-mailboxes = filter-mailboxes-selected / filter-mailboxes-other}. */
    static MailboxFilter read(WireReader in) throws IOException {
        String name = in.word();
        return switch (name) {
            case "SELECTED" -> Selected.IMMEDIATE;
            case "SELECTED-DELAYED" -> Selected.DELAYED;
            case "INBOXES" -> Common.INBOXES;
            case "PERSONAL" -> Common.PERSONAL;
            case "SUBSCRIBED" -> Common.SUBSCRIBED;
            case "SUBTREE" -> new Subtree(names(in));
            case "MAILBOXES" -> new Mailboxes(names(in));
            default -> throw new SyntaxException("unknown mailbox filter " + name);
        };
    }

    /** {@code SP one-or-more-mailbox}; a name that no mailbox can have is ignored, as one that none has (RFC 5465 §3.1). */
    private static Set<MailboxName> names(WireReader in) throws IOException {
        in.space();
        List<Optional<GivenName>> read =
                in.peek('(') ? in.nonEmptyList(in::mailboxIfPossible) : List.of(in.mailboxIfPossible());
        var names = new LinkedHashSet<MailboxName>();
        read.forEach(name -> name.map(GivenName::name).ifPresent(names::add));
        return names;
    }
}
