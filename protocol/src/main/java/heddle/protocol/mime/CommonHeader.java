package heddle.protocol.mime;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header fields that clients ask for to list a mailbox; they are kept beside each message, so that {@code
 * HEADER.FIELDS} of them needs no body.
 */
public final class CommonHeader {
    /** Their names, in lower case. */
    public static final Set<String> FIELDS = Set.of(
            "bcc",
            "cc",
            "content-class",
            "content-transfer-encoding",
            "content-type",
            "date",
            "delivered-to",
            "disposition-notification-to",
            "envelope-to",
            "followup-to",
            "from",
            "importance",
            "in-reply-to",
            "list-archive",
            "list-help",
            "list-id",
            "list-owner",
            "list-post",
            "list-subscribe",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "mail-followup-to",
            "mail-reply-to",
            "message-id",
            "mime-version",
            "newsgroups",
            "organization",
            "precedence",
            "priority",
            "references",
            "reply-to",
            "return-path",
            "sender",
            "status",
            "subject",
            "to",
            "user-agent",
            "x-account-key",
            "x-draft-info",
            "x-envelope-to",
            "x-forwarded-message-id",
            "x-identity-key",
            "x-label",
            "x-mailer",
            "x-mailing-list",
            "x-mozilla-draft-info",
            "x-mozilla-keys",
            "x-mozilla-status",
            "x-mozilla-status2",
            "x-msmail-priority",
            "x-original-to",
            "x-priority",
            "x-spam-flag",
            "x-spam-level",
            "x-spam-score",
            "x-spam-status",
            "x-status",
            "x-tuid",
            "x-uid");

    private CommonHeader() {}

    /** Gathers them, as they stand in the header. */
    static final class Builder {
        private final int limit;
        private final ImapBytes fields = new ImapBytes(512);
        private boolean isTooLarge;

        Builder(int limit) {
            this.limit = limit;
        }

        /** Takes the field if it is one of them; {@code name} is in lower case. */
        void add(String name, byte[] field, int from, int to) {
            if (isTooLarge || !FIELDS.contains(name)) {
                return;
            }
            isTooLarge = fields.size() + to - from > limit;
            if (!isTooLarge) {
                fields.octets(field, from, to);
            }
        }

        /** {@return the fields and the blank line, or null when they are larger than the limit} */
        byte @Nullable [] toByteArray() {
            return isTooLarge ? null : fields.ascii("\r\n").toByteArray();
        }
    }
}
