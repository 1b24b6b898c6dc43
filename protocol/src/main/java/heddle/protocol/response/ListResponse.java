package heddle.protocol.response;

import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code LIST} or {@code LSUB}: a mailbox (RFC 3501 §7.2.2, RFC 5258 §6, RFC 6154 §2, RFC 9051 §7.3.1).
 *
 * @param name null stands for the empty name, with which {@code LIST "" ""} asks for the separator
 * @param childInfo whether mailboxes below this one match though this one does not, or not only this one: the client
 *     asked for RECURSIVEMATCH (RFC 5258 §3.5)
 * @param oldName what the mailbox was called before, or what the client calls it; null when it is told nothing of that
 *     kind (RFC 9051 §6.3.9.7, RFC 5465 §5.4)
 */
public record ListResponse(
        Kind kind,
        Set<Attribute> attributes,
        Set<SpecialUse> uses,
        @Nullable MailboxName name,
        Set<ChildInfo> childInfo,
        @Nullable String oldName)
        implements Response {
    /** Which command it answers. */
    public enum Kind {
        LIST,
        LSUB
    }

    /** What a mailbox is like (RFC 3501 §7.2.2, RFC 3348 §3, RFC 5258 §4). */
    public enum Attribute {
        NOINFERIORS("\\Noinferiors"),
        NOSELECT("\\Noselect"),
        NONEXISTENT("\\NonExistent"),
        MARKED("\\Marked"),
        UNMARKED("\\Unmarked"),
        HASCHILDREN("\\HasChildren"),
        HASNOCHILDREN("\\HasNoChildren"),
        SUBSCRIBED("\\Subscribed"),
        REMOTE("\\Remote");

        private final String wire;

        Attribute(String wire) {
            this.wire = wire;
        }

        /** As it is written on the wire, backslash included. */
        public String wire() {
            return wire;
        }
    }

    /** Why {@code CHILDINFO} is there: the selection options that a mailbox below meets (RFC 5258 §3.5, RFC 6154 §2). */
    public enum ChildInfo {
        SUBSCRIBED("SUBSCRIBED"),
        SPECIAL_USE("SPECIAL-USE");

        private final String wire;

        ChildInfo(String wire) {
            this.wire = wire;
        }
    }

    public ListResponse {
        attributes = sorted(attributes, Attribute.class);
        uses = sorted(uses, SpecialUse.class);
        childInfo = sorted(childInfo, ChildInfo.class);
    }

    private static <E extends Enum<E>> Set<E> sorted(Set<E> given, Class<E> type) {
        var copy = EnumSet.noneOf(type);
        copy.addAll(given);
        return Collections.unmodifiableSet(copy);
    }

    /** {@return the answer to {@code LIST "" ""}: no mailbox, only the separator} */
    public static ListResponse separator(Kind kind) {
        return new ListResponse(kind, Set.of(Attribute.NOSELECT), Set.of(), null, Set.of(), null);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* ").atom(kind.name()).atom(" (");
        String before = "";
        for (Attribute attribute : attributes) {
            out.atom(before).atom(attribute.wire);
            before = " ";
        }
        for (SpecialUse use : uses) {
            out.atom(before).atom(use.wire());
            before = " ";
        }
        out.atom(") ").quoted(String.valueOf(MailboxName.SEPARATOR)).space();
        if (name == null) {
            out.quoted("");
        } else {
            out.mailbox(name);
        }
        if (!childInfo.isEmpty()) {
            before = " (CHILDINFO (";
            for (ChildInfo met : childInfo) {
                out.atom(before).quoted(met.wire);
                before = " ";
            }
            out.atom("))");
        }
        if (oldName != null) {
            out.atom(" (\"OLDNAME\" (").mailbox(oldName).atom("))");
        }
        out.crlf();
    }
}
