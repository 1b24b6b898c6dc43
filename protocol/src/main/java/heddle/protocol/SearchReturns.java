package heddle.protocol;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an extended SEARCH is to do with the messages found (RFC 4731 §3.1, RFC 5182, RFC 9394).
 *
 * @param partial which of them to tell; null: the client has not asked for a part
 */
public record SearchReturns(
        Set<SearchReturn> options, @Nullable PartialRange partial) {
    /** All messages found, as a set. */
    public static final SearchReturns ALL = new SearchReturns(Set.of(SearchReturn.ALL), null);

    public SearchReturns {
        options = Set.copyOf(options);
    }

    public boolean contains(SearchReturn option) {
        return options.contains(option);
    }

    /** Whether there is anything to tell, and not only to save. */
    public boolean isTold() {
        return partial != null || options.stream().anyMatch(option -> option != SearchReturn.SAVE);
    }

    /**
     * {@return the messages that the answer is about: only those at the ends and in the part that was asked for, unless it is
     * about all} These are saved (RFC 5182 §2.4, RFC 9394 §3.2), and of these the highest modseq is told (RFC 4731 §3.2).
     */
    public UidSet chosen(UidSet found) {
        boolean isOfSome = partial != null || contains(SearchReturn.MIN) || contains(SearchReturn.MAX);
        if (found.isEmpty() || !isOfSome || contains(SearchReturn.ALL) || contains(SearchReturn.COUNT)) {
            return found;
        }
        UidSet chosen = partial == null ? UidSet.EMPTY : partial.of(found);
        if (contains(SearchReturn.MIN)) {
            chosen = chosen.or(UidSet.of(found.first()));
        }
        return contains(SearchReturn.MAX) ? chosen.or(UidSet.of(found.last())) : chosen;
    }
}
