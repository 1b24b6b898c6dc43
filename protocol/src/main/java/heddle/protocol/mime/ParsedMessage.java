package heddle.protocol.mime;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * Everything about a message that is worked out once, when it arrives.
 *
 * @param root the message with its body parts
 * @param structure what FETCH sends of it
 * @param search what SEARCH looks at
 * @param sentOn the date in the {@code Date:} field as written, time and zone disregarded; null without a readable one
 * @param preview about the first 200 characters of its text (RFC 8970)
 * @param threadRoot Message-ID of the message with which its conversation began; null when it does not say
 */
public record ParsedMessage(
        MessagePart root,
        Structure structure,
        Text search,
        @Nullable LocalDate sentOn,
        String preview,
        @Nullable String threadRoot) {
    /**
     * Answers to FETCH, ready to be sent (RFC 3501 §7.4.2). No NUL is in them: it is sent as 0x80, in a literal.
     *
     * @param body BODYSTRUCTURE without extension data
     * @param commonHeader the header fields of {@link CommonHeader}, as they stand in the message, with the blank line;
     *     null when they are large
     */
    @SuppressWarnings("ArrayRecordComponent") // written once, read once, compared never
    public record Structure(byte[] envelope, byte[] body, byte[] bodyStructure, byte @Nullable [] commonHeader) {}

    /**
     * The message as {@link SearchText}.
     *
     * @param headerText all header fields, {@code name: value} and a line feed each, names in lower case
     * @param isHeaderTextTruncated whether the header goes on after it: then {@link TextSearch} finds the rest
     * @param bodyText of the text parts, a line feed after each
     * @param isBodyTextTruncated whether the body goes on after it: then {@link TextSearch} finds the rest
     */
    public record Text(
            SearchFields fields,
            String headerText,
            boolean isHeaderTextTruncated,
            String bodyText,
            boolean isBodyTextTruncated) {}
}
