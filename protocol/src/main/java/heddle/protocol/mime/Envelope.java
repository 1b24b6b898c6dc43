package heddle.protocol.mime;

import java.util.EnumMap;
import java.util.Map;

/** Gathers the header fields of one message into its ENVELOPE (RFC 3501 §7.4.2). */
final class Envelope {
    /** The members, in their order. */
    private enum Member {
        DATE,
        SUBJECT,
        FROM,
        SENDER,
        REPLY_TO,
        TO,
        CC,
        BCC,
        IN_REPLY_TO,
        MESSAGE_ID;

        boolean hasAddresses() {
            return switch (this) {
                case FROM, SENDER, REPLY_TO, TO, CC, BCC -> true;
                case DATE, SUBJECT, IN_REPLY_TO, MESSAGE_ID -> false;
            };
        }
    }

    private final Map<Member, ImapBytes> members = new EnumMap<>(Member.class);

    /**
     * Takes what it needs of a field. Of several date, subject or id fields the first counts; several address fields of
     * one name are one list.
     *
     * @param name in lower case
     * @param longest how many octets may be added at most
     * @return how many were added
     */
    int add(String name, byte[] field, int from, int to, int longest) {
        Member member =
                switch (name) {
                    case "date" -> Member.DATE;
                    case "subject" -> Member.SUBJECT;
                    case "from" -> Member.FROM;
                    case "sender" -> Member.SENDER;
                    case "reply-to" -> Member.REPLY_TO;
                    case "to" -> Member.TO;
                    case "cc" -> Member.CC;
                    case "bcc" -> Member.BCC;
                    case "in-reply-to" -> Member.IN_REPLY_TO;
                    case "message-id" -> Member.MESSAGE_ID;
                    default -> null;
                };
        if (member == null) {
            return 0;
        }
        ImapBytes out = members.get(member);
        if (out == null) {
            out = new ImapBytes(Math.min(longest, to - from + 32));
            members.put(member, out);
        } else if (!member.hasAddresses()) {
            return 0;
        }
        int before = out.size();
        if (member.hasAddresses()) {
            AddressField.read(field, from, to, out, before + longest);
        } else if (to - from <= longest) {
            byte[] value = HeaderValue.unfold(field, from, to);
            out.string(value, 0, value.length);
        }
        return out.size() - before;
    }

    byte[] toByteArray() {
        var out = new ImapBytes(256);
        for (Member member : Member.values()) {
            out.octet(member == Member.DATE ? '(' : ' ');
            ImapBytes value = members.get(member);
            if ((member == Member.SENDER || member == Member.REPLY_TO) && (value == null || value.isEmpty())) {
                value = members.get(Member.FROM);
            }
            if (value == null || value.isEmpty()) {
                out.nil();
            } else if (member.hasAddresses()) {
                out.octet('(').octets(value).octet(')');
            } else {
                out.octets(value);
            }
        }
        return out.octet(')').toByteArray();
    }
}
