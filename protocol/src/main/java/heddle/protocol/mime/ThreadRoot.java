package heddle.protocol.mime;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Finds the message with which a conversation began, by what one message says: the first one it refers to, else the one it
 * replies to, else itself (RFC 5322 §3.6.4). So all that refer to the same beginning are one conversation, without any of
 * the others being looked at.
 */
final class ThreadRoot {
    private static final int LONGEST = 998;

    private @Nullable String references;
    private @Nullable String inReplyTo;
    private @Nullable String messageId;

    /**
     * @param name in lower case
     * @param start of the value, behind the colon
     */
    void add(String name, byte[] field, int start, int end) {
        switch (name) {
            case "references" -> references = references == null ? first(field, start, end) : references;
            case "in-reply-to" -> inReplyTo = inReplyTo == null ? first(field, start, end) : inReplyTo;
            case "message-id" -> messageId = messageId == null ? first(field, start, end) : messageId;
            default -> {
                // tells nothing of it
            }
        }
    }

    /** {@return the first {@code msg-id}, without its brackets} */
    private static @Nullable String first(byte[] field, int start, int end) {
        int open = start;
        while (open < end && field[open] != '<') {
            open++;
        }
        int close = open;
        while (close < end && field[close] != '>') {
            close++;
        }
        if (close == end || close - open < 2 || close - open > LONGEST) {
            return null;
        }
        return new String(field, open + 1, close - open - 1, StandardCharsets.ISO_8859_1);
    }

    /** {@return its Message-ID; null when nothing tells} */
    @Nullable
    String messageId() {
        return references != null ? references : inReplyTo != null ? inReplyTo : messageId;
    }
}
