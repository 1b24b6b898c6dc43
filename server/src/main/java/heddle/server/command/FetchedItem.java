package heddle.server.command;

import heddle.protocol.FetchItem;
import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.FetchItem.BodySection;
import heddle.protocol.Section;
import heddle.protocol.mime.HeaderFields;
import heddle.protocol.response.FetchResponse;
import heddle.storage.Fetches.Detail;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An item of a FETCH, with what is worked out once for all its messages.
 *
 * @param label how its answer is named
 * @param fields the header fields it names; null when it names none
 */
record FetchedItem(FetchItem item, byte[] label, @Nullable HeaderFields fields) {
    static List<FetchedItem> of(Collection<FetchItem> items) {
        return items.stream()
                .map(item -> new FetchedItem(item, FetchResponse.label(item), fields(item)))
                .toList();
    }

    private static @Nullable HeaderFields fields(FetchItem item) {
        if (!(item instanceof BodySection body)) {
            return null;
        }
        Section section = body.section();
        return switch (section.kind()) {
            case HEADER_FIELDS -> HeaderFields.only(new HashSet<>(section.fields()));
            case HEADER_FIELDS_NOT -> HeaderFields.except(new HashSet<>(section.fields()));
            case WHOLE, HEADER, TEXT, MIME -> null;
        };
    }

    /** Whether the snapshot does not tell it. */
    boolean needsRow() {
        return item != Attribute.UID && item != Attribute.FLAGS && item != Attribute.MODSEQ;
    }

    /** {@return what of the stored content answers it, or helps to find what does} */
    Optional<Detail> detail() {
        return switch (item) {
            case Attribute attribute ->
                switch (attribute) {
                    case ENVELOPE -> Optional.of(Detail.ENVELOPE);
                    case BODY -> Optional.of(Detail.BODY);
                    case BODYSTRUCTURE -> Optional.of(Detail.BODY_STRUCTURE);
                    case PREVIEW -> Optional.of(Detail.PREVIEW);
                    case THREADID -> Optional.of(Detail.THREAD);
                    case RFC822_HEADER, RFC822_TEXT -> Optional.of(Detail.PARTS);
                    case EMAILID, FLAGS, INTERNALDATE, MODSEQ, RFC822, RFC822_SIZE, SAVEDATE, UID -> Optional.empty();
                };
            case BodySection body -> {
                if (body.section().equals(Section.WHOLE)) {
                    yield Optional.empty();
                }
                yield Optional.of(isCommonHeader() ? Detail.COMMON_HEADER : Detail.PARTS);
            }
            case FetchItem.Binary _, FetchItem.BinarySize _ -> Optional.of(Detail.PARTS);
        };
    }

    /** Whether the header fields that are kept beside each message answer it. */
    boolean isCommonHeader() {
        return fields != null
                && fields.areCommon()
                && item instanceof BodySection body
                && body.section().part().isEmpty();
    }

    /** Whether it takes the octets of the message. */
    boolean needsBody() {
        return switch (item) {
            case Attribute attribute ->
                attribute == Attribute.RFC822
                        || attribute == Attribute.RFC822_HEADER
                        || attribute == Attribute.RFC822_TEXT;
            case BodySection _ -> !isCommonHeader();
            case FetchItem.Binary _, FetchItem.BinarySize _ -> true;
        };
    }
}
