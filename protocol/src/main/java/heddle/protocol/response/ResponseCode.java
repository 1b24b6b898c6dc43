package heddle.protocol.response;

import heddle.protocol.Capability;
import heddle.protocol.Event;
import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.ObjectId;
import heddle.protocol.Tag;
import heddle.protocol.Uid;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/** The bracketed, machine-readable part of a status response (RFC 3501 §7.1, RFC 5530). */
public sealed interface ResponseCode {
    /** Codes that are one word; an underscore here is a hyphen on the wire. */
    enum Word implements ResponseCode {
        ALERT,
        ALREADYEXISTS,
        AUTHENTICATIONFAILED,
        AUTHORIZATIONFAILED,
        CANNOT,
        CLIENTBUG,
        /** RFC 7162 §3.2.11. */
        CLOSED,
        CONTACTADMIN,
        CORRUPTION,
        EXPIRED,
        EXPUNGEISSUED,
        /** RFC 9051 §7.1. */
        HASCHILDREN,
        INUSE,
        LIMIT,
        NONEXISTENT,
        NOPERM,
        /** RFC 5465 §5.8. */
        NOTIFICATIONOVERFLOW,
        OVERQUOTA,
        PARSE,
        PRIVACYREQUIRED,
        READ_ONLY,
        READ_WRITE,
        SERVERBUG,
        /** RFC 4469 §4.2, RFC 7888 §5, RFC 7889 §4. */
        TOOBIG,
        TRYCREATE,
        UIDNOTSTICKY,
        /** RFC 9586. */
        UIDREQUIRED,
        UNAVAILABLE,
        /** RFC 3516 §4.3. */
        UNKNOWN_CTE,
        /** RFC 6154 §3. */
        USEATTR;

        private final String wire = name().replace('_', '-');

        /** As it is written on the wire. */
        public String wire() {
            return wire;
        }
    }

    /**
     * {@code APPENDUID}: what has been appended (RFC 4315 §3).
     *
     * @param uids one for each message; they ascend in the order of the messages (RFC 3502)
     */
    record AppendUid(UidValidity validity, UidSet uids) implements ResponseCode {}

    /**
     * {@code COPYUID}: what has been copied or moved (RFC 4315 §3). The n-th of {@code from} became the n-th of
     * {@code to}, both ascending: copies get their UIDs in the order of the originals.
     */
    record CopyUid(UidValidity validity, UidSet from, UidSet to) implements ResponseCode {
        /** @throws IllegalArgumentException when the sets are empty or cannot be paired */
        public CopyUid {
            if (from.isEmpty() || from.size() != to.size()) {
                throw new IllegalArgumentException("COPYUID of " + from.size() + " to " + to.size());
            }
        }
    }

    /** {@code CAPABILITY}: saves the client from asking. */
    record Capabilities(List<Capability> capabilities) implements ResponseCode {
        public Capabilities {
            capabilities = List.copyOf(capabilities);
        }
    }

    /** {@code PERMANENTFLAGS}: the flags that a client can change for good. */
    record PermanentFlags(List<Flag> flags, NewKeywords newKeywords) implements ResponseCode {
        /** Whether the client may invent keywords: {@code \*}. */
        public enum NewKeywords {
            ALLOWED,
            REFUSED
        }

        public PermanentFlags {
            flags = List.copyOf(flags);
        }
    }

    /** {@code UIDNEXT}: no message that is yet to come gets a smaller UID. */
    record UidNext(Uid uid) implements ResponseCode {}

    /** {@code UIDVALIDITY}. */
    record Validity(UidValidity validity) implements ResponseCode {}

    /**
     * {@code UNSEEN}: the first message without {@code \Seen}.
     *
     * @param number its sequence number
     */
    record Unseen(long number) implements ResponseCode {}

    /** {@code HIGHESTMODSEQ}: the client has been told of all changes up to this one (RFC 7162 §3.1.2.1). */
    record HighestModSeq(ModSeq modSeq) implements ResponseCode {}

    /** {@code MAILBOXID} (RFC 8474 §4.1, §4.2). */
    record MailboxObjectId(ObjectId id) implements ResponseCode {}

    /** {@code MODIFIED}: sequence numbers or UIDs of the messages that UNCHANGEDSINCE has spared (RFC 7162 §3.1.3). */
    record Modified(UidSet messages) implements ResponseCode {}

    /** {@code BADEVENT}, and the events that a client can be told of (RFC 5465 §3.1). */
    record BadEvent(List<Event> supported) implements ResponseCode {
        public BadEvent {
            supported = List.copyOf(supported);
        }
    }

    /**
     * {@code INPROGRESS}: the command of this tag still runs (RFC 9585).
     *
     * @param done how much of it is done; {@link #UNKNOWN} when nobody can say
     * @param goal how much there is to do; {@link #UNKNOWN} when nobody can say
     */
    record InProgress(Tag tag, long done, long goal) implements ResponseCode {
        /** Is told as {@code NIL}. */
        public static final long UNKNOWN = -1;
    }

    /** {@code BADCHARSET}, and the charsets that can be had instead. */
    record BadCharset(List<String> supported) implements ResponseCode {
        public BadCharset {
            supported = List.copyOf(supported);
        }
    }

    /** Writes the code without its brackets. */
    default void writeTo(WireWriter out) throws IOException {
        switch (this) {
            case Word word -> out.atom(word.wire());
            case AppendUid(UidValidity validity, UidSet uids) ->
                out.atom("APPENDUID ").number(validity.value()).space().uidSet(uids);
            case CopyUid(UidValidity validity, UidSet from, UidSet to) ->
                out.atom("COPYUID ")
                        .number(validity.value())
                        .space()
                        .uidSet(from)
                        .space()
                        .uidSet(to);
            case Capabilities(List<Capability> capabilities) -> CapabilityResponse.write(out, capabilities);
            case PermanentFlags permanent -> {
                out.atom("PERMANENTFLAGS (");
                FlagsResponse.write(out, permanent.flags);
                if (permanent.newKeywords == PermanentFlags.NewKeywords.ALLOWED) {
                    out.atom(permanent.flags.isEmpty() ? "\\*" : " \\*");
                }
                out.raw(')');
            }
            case UidNext(Uid uid) -> out.atom("UIDNEXT ").number(uid.value());
            case Validity(UidValidity validity) -> out.atom("UIDVALIDITY ").number(validity.value());
            case Unseen(long number) -> out.atom("UNSEEN ").number(number);
            case HighestModSeq(ModSeq modSeq) -> out.atom("HIGHESTMODSEQ ").number(modSeq.value());
            case MailboxObjectId(ObjectId id) ->
                out.atom("MAILBOXID (").atom(id.wire()).raw(')');
            case Modified(UidSet messages) -> out.atom("MODIFIED ").uidSet(messages);
            case BadEvent(List<Event> supported) -> {
                out.atom("BADEVENT");
                String before = " (";
                for (Event event : supported) {
                    out.atom(before).atom(event.wire());
                    before = " ";
                }
                out.raw(')');
            }
            case InProgress(Tag tag, long done, long goal) -> {
                out.atom("INPROGRESS (").string(tag.value()).space();
                (done == InProgress.UNKNOWN ? out.nil() : out.number(done)).space();
                (goal == InProgress.UNKNOWN ? out.nil() : out.number(goal)).raw(')');
            }
            case BadCharset(List<String> supported) -> {
                out.atom("BADCHARSET");
                String before = " (";
                for (String charset : supported) {
                    out.atom(before).astring(charset);
                    before = " ";
                }
                if (!supported.isEmpty()) {
                    out.raw(')');
                }
            }
        }
    }
}
