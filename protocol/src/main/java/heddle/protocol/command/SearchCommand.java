package heddle.protocol.command;

import heddle.protocol.Numbering;
import heddle.protocol.PartialRange;
import heddle.protocol.SearchKey;
import heddle.protocol.SearchReturn;
import heddle.protocol.SearchReturns;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code SEARCH} or {@code UID SEARCH} (RFC 3501 §6.4.4, RFC 4731, RFC 5182, RFC 9394).
 *
 * @param returns what to tell or to save, at least one; null: the client has not said
 * @param charset in which the client says its strings are; null: it has not said
 */
public record SearchCommand(
        Numbering numbering,
        @Nullable SearchReturns returns,
        @Nullable String charset,
        SearchKey key) implements Command.Selected {
    /**
     * Reads to the end of the line: {@code search = "SEARCH" [SP "RETURN" SP search-return-opts] SP ["CHARSET" SP charset
     * SP] search-program}.
     *
     * @throws UnsavedSearchException when it is refused after it has said that it is to be saved
     */
    static SearchCommand read(WireReader in, Numbering numbering) throws IOException {
        var returns = new Returns();
        try {
            SearchCommand command = read(in, numbering, returns);
            in.crlf();
            return command;
        } catch (RefusedException refused) {
            throw returns.options.contains(SearchReturn.SAVE) ? new UnsavedSearchException(refused) : refused;
        }
    }

    private static SearchCommand read(WireReader in, Numbering numbering, Returns options) throws IOException {
        in.space();
        var keys = new SearchKeys(in);
        @Nullable SearchReturns returns = null;
        @Nullable String name = keys.name();
        if ("RETURN".equals(name)) {
            in.space();
            returns = options.read(in);
            in.space();
            name = keys.name();
        }
        @Nullable String charset = null;
        if ("CHARSET".equals(name)) {
            in.space();
            charset = in.text();
            keys.charset(charset);
            in.space();
            name = keys.name();
        }
        return new SearchCommand(numbering, returns, charset, keys.program(name));
    }

    /** The return options read so far. */
    private static final class Returns {
        private final Set<SearchReturn> options = EnumSet.noneOf(SearchReturn.class);
        private @Nullable PartialRange partial;

        SearchReturns read(WireReader in) throws IOException {
            in.list(() -> option(in));
            if (partial != null && options.contains(SearchReturn.ALL)) {
                throw new SyntaxException("PARTIAL and ALL exclude each other");
            }
            if (partial == null && options.isEmpty()) {
                options.add(SearchReturn.ALL); // RFC 4731 §3.1: what () means
            }
            return new SearchReturns(options, partial);
        }

        private boolean option(WireReader in) throws IOException {
            String name = in.word();
            if (!name.equals("PARTIAL")) {
                return options.add(SearchReturn.of(name)
                        .orElseThrow(() -> new SyntaxException("unknown SEARCH result option " + name)));
            }
            if (partial != null) {
                throw new SyntaxException("one PARTIAL is enough");
            }
            in.space();
            partial = in.partialRange();
            return true;
        }
    }
}
