package heddle.protocol.command;

import heddle.protocol.Numbering;
import heddle.protocol.SearchKey;
import heddle.protocol.SearchReturn;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code SEARCH} or {@code UID SEARCH} (RFC 3501 §6.4.4, RFC 4731).
 *
 * @param returns what an ESEARCH response is to tell, at least one; null: the answer is a SEARCH response
 */
public record SearchCommand(Numbering numbering, @Nullable Set<SearchReturn> returns, SearchKey key)
        implements Command.Selected {
    public SearchCommand {
        returns = returns == null ? null : Set.copyOf(returns);
    }

    /** {@code search = "SEARCH" [SP "RETURN" SP search-return-opts] SP ["CHARSET" SP charset SP] search-program}. */
    static SearchCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        var keys = new SearchKeys(in);
        @Nullable Set<SearchReturn> returns = null;
        @Nullable String name = keys.name();
        if ("RETURN".equals(name)) {
            in.space();
            returns = EnumSet.noneOf(SearchReturn.class);
            returns.addAll(in.list(() -> returnOption(in)));
            if (returns.isEmpty()) {
                returns.add(SearchReturn.ALL); // RFC 4731 §3.1: what () means
            }
            in.space();
            name = keys.name();
        }
        if ("CHARSET".equals(name)) {
            in.space();
            keys.charset(in.text());
            in.space();
            name = keys.name();
        }
        return new SearchCommand(numbering, returns, keys.program(name));
    }

    private static SearchReturn returnOption(WireReader in) throws IOException {
        String name = in.word();
        return SearchReturn.of(name).orElseThrow(() -> new SyntaxException("unknown SEARCH result option " + name));
    }
}
