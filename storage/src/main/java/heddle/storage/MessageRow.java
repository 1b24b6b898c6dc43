package heddle.storage;

import heddle.protocol.mime.MessagePart;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of one message, apart from its flags and its bytes.
 *
 * @param size RFC822.SIZE
 * @param offsetMinutes of INTERNALDATE, east of Greenwich
 * @param saveDate when it came into this mailbox (RFC 8514)
 * @param flags bits of {@link heddle.protocol.Flag.Standard}, for messages that the snapshot no longer has
 * @param keywords the mailbox's numbers of theirs, ascending
 * @param trace what delivery put before the content; empty: nothing
 * @param details null when none were asked for
 */
public record MessageRow(
        long uid,
        long contentId,
        long size,
        Instant internalDate,
        int offsetMinutes,
        Instant saveDate,
        int flags,
        int[] keywords,
        byte[] trace,
        @Nullable Details details) {

    /** {@return INTERNALDATE with the zone it was given in} */
    public OffsetDateTime internalDateTime() {
        return internalDate.atOffset(ZoneOffset.ofTotalSeconds(offsetMinutes * 60));
    }

    /**
     * What was computed of the content when it arrived; each null when it was not asked for, or when it is so large that
     * it must be streamed ({@link Fetches#openLarge}).
     *
     * @param preview in UTF-8
     * @param thread the number of the conversation; 0 when it was not asked for
     * @param commonHeader the header fields that clients ask for most, as they came; null also when they are too large
     */
    public record Details(
            byte @Nullable [] envelope,
            byte @Nullable [] body,
            byte @Nullable [] bodyStructure,
            byte @Nullable [] commonHeader,
            byte @Nullable [] preview,
            long thread,
            @Nullable MessagePart root) {}
}
