package heddle.protocol;

import java.time.LocalDate;
import java.util.List;

/**
 * What a SEARCH looks for (RFC 3501 §6.4.4, RFC 5032, RFC 7162 §3.1.5, RFC 8514,
 * RFC 8474). The keys that RFC 3501 defines by others are read as those:
 * {@code NEW} is {@code (RECENT UNSEEN)}, {@code OLD} is {@code NOT RECENT}, {@code UNSEEN} is {@code NOT SEEN},
 * {@code SUBJECT x} is {@code HEADER Subject x}.
 */
public sealed interface SearchKey {
    /** Every message. */
    record All() implements SearchKey {}

    /** Messages that match all of {@code keys}: what parentheses, or keys one after the other, say. */
    record And(List<SearchKey> keys) implements SearchKey {
        public And {
            keys = List.copyOf(keys);
        }
    }

    /** Messages that match either. */
    record Or(SearchKey left, SearchKey right) implements SearchKey {}

    /** Messages that do not match {@code key}. */
    record Not(SearchKey key) implements SearchKey {}

    /** Messages that carry {@code flag}, a keyword included. */
    record HasFlag(Flag flag) implements SearchKey {}

    /** Messages that are {@code \Recent} in this session. */
    record Recent() implements SearchKey {}

    /** How a message's date lies to the date asked for; only the day counts, not the time or the zone. */
    enum When {
        BEFORE,
        ON,
        SINCE
    }

    /** By the date of arrival: {@code BEFORE}, {@code ON}, {@code SINCE}. */
    record InternalDate(When when, LocalDate date) implements SearchKey {}

    /** By the date when the message came into this mailbox: {@code SAVEDBEFORE} and so on (RFC 8514 §4.3). */
    record SaveDate(When when, LocalDate date) implements SearchKey {}

    /** By the Date field of the header: {@code SENTBEFORE}, {@code SENTON}, {@code SENTSINCE}. */
    record SentDate(When when, LocalDate date) implements SearchKey {}

    /**
     * Messages with a header field {@code field} that contains {@code text}.
     *
     * @param field name of the field; letter case does not count
     * @param text empty: it is enough that the field is there
     */
    record Header(String field, String text) implements SearchKey {}

    /** Messages whose body contains {@code text}. */
    record Body(String text) implements SearchKey {}

    /** Messages whose header or body contains {@code text}. */
    record Text(String text) implements SearchKey {}

    /** Messages of more than {@code octets}. */
    record Larger(long octets) implements SearchKey {}

    /** Messages of fewer than {@code octets}. */
    record Smaller(long octets) implements SearchKey {}

    /**
     * Messages of this content or of this conversation (RFC 8474 §6).
     *
     * @param wire as the client writes it, known or not
     */
    record SameObject(ObjectId.Kind kind, String wire) implements SearchKey {}

    /** Messages that have changed at {@code atLeast} or later (RFC 7162 §3.1.5). */
    record Changed(ModSeq atLeast) implements SearchKey {}

    /** Messages with these sequence numbers. */
    record SequenceNumbers(SequenceSet numbers) implements SearchKey {}

    /**
     * None: the strings are in a charset that nobody here can read.
     *
     * @param supported the charsets that can be had instead
     */
    record UnknownCharset(List<String> supported) implements SearchKey {
        public UnknownCharset {
            supported = List.copyOf(supported);
        }
    }

    /** Messages with these UIDs. */
    record Uids(SequenceSet uids) implements SearchKey {}

    /** Messages that arrived at most {@code seconds} ago (RFC 5032 §2). */
    record Younger(long seconds) implements SearchKey {}

    /** Messages that arrived {@code seconds} ago or earlier (RFC 5032 §2). */
    record Older(long seconds) implements SearchKey {}

    /** Whether modseqs are asked for, so that the answer tells the highest (RFC 7162 §3.1.5). */
    default boolean asksForModSeq() {
        return switch (this) {
            case Changed _ -> true;
            case And(List<SearchKey> keys) -> keys.stream().anyMatch(SearchKey::asksForModSeq);
            case Or(SearchKey left, SearchKey right) -> left.asksForModSeq() || right.asksForModSeq();
            case Not(SearchKey key) -> key.asksForModSeq();
            case SearchKey _ -> false;
        };
    }

    /** Whether messages are named by their sequence numbers; {@code $} has none (RFC 9586). */
    default boolean usesSequenceNumbers() {
        return switch (this) {
            case SequenceNumbers(SequenceSet numbers) -> !numbers.isSaved();
            case And(List<SearchKey> keys) -> keys.stream().anyMatch(SearchKey::usesSequenceNumbers);
            case Or(SearchKey left, SearchKey right) -> left.usesSequenceNumbers() || right.usesSequenceNumbers();
            case Not(SearchKey key) -> key.usesSequenceNumbers();
            case SearchKey _ -> false;
        };
    }
}
