package heddle.protocol.command;

import heddle.protocol.Flag.Standard;
import heddle.protocol.ObjectId;
import heddle.protocol.SearchKey;
import heddle.protocol.SearchKey.When;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the keys of one SEARCH (RFC 3501 §6.4.4 and §9 {@code search-key}). */
final class SearchKeys {
    /** The charsets that a client may use, by their names on the wire. */
    static final List<String> CHARSETS = Stream.concat(
                    Stream.of("US-ASCII", "UTF-8"), IntStream.rangeClosed(1, 16).mapToObj(part -> "ISO-8859-" + part))
            .filter(Charset::isSupported)
            .toList();

    private final WireReader in;
    /** UTF-8 where the client names none: it has said nothing beyond US-ASCII then, and some say it all the same. */
    private Charset charset = StandardCharsets.UTF_8;

    private boolean isNamedCharset;
    private boolean isKnownCharset = true;

    SearchKeys(WireReader in) {
        this.in = in;
    }

    /** Reads all further strings in this charset; one that is not supported makes the program {@link SearchKey.UnknownCharset}. */
    void charset(String name) {
        isNamedCharset = true;
        isKnownCharset = CHARSETS.contains(name.toUpperCase(Locale.ROOT));
        charset = isKnownCharset ? Charset.forName(name) : StandardCharsets.ISO_8859_1;
    }

    /** {@return the name of the key that comes next, in upper case; null when it has none: a list, a sequence set} */
    @Nullable
    String name() throws IOException {
        return in.peekLetter() ? in.word() : null;
    }

    /** {@code search-program}, of which the first name has been read. */
    SearchKey program(@Nullable String firstName) throws IOException {
        SearchKey program = keys(firstName);
        return isKnownCharset ? program : new SearchKey.UnknownCharset(CHARSETS);
    }

    /** {@code search-key *(SP search-key)}, of which the first name has been read. */
    private SearchKey keys(@Nullable String firstName) throws IOException {
        var keys = new ArrayList<SearchKey>();
        keys.add(key(firstName));
        while (in.take(' ')) {
            keys.add(key());
        }
        return keys.size() == 1 ? keys.getFirst() : new SearchKey.And(keys);
    }

    private SearchKey key() throws IOException {
        return key(name());
    }

    private SearchKey spaceKey() throws IOException {
        in.space();
        return in.nested(this::key);
    }

    private SearchKey key(@Nullable String name) throws IOException {
        in.countElement();
        if (name == null) {
            return in.peek('(') ? in.nested(this::list) : new SearchKey.SequenceNumbers(in.sequenceSet());
        }
        return switch (name) {
            case "ALL" -> new SearchKey.All();
            case "ANSWERED" -> new SearchKey.HasFlag(Standard.ANSWERED);
            case "DELETED" -> new SearchKey.HasFlag(Standard.DELETED);
            case "DRAFT" -> new SearchKey.HasFlag(Standard.DRAFT);
            case "FLAGGED" -> new SearchKey.HasFlag(Standard.FLAGGED);
            case "SEEN" -> new SearchKey.HasFlag(Standard.SEEN);
            case "UNANSWERED" -> not(new SearchKey.HasFlag(Standard.ANSWERED));
            case "UNDELETED" -> not(new SearchKey.HasFlag(Standard.DELETED));
            case "UNDRAFT" -> not(new SearchKey.HasFlag(Standard.DRAFT));
            case "UNFLAGGED" -> not(new SearchKey.HasFlag(Standard.FLAGGED));
            case "UNSEEN" -> not(new SearchKey.HasFlag(Standard.SEEN));
            case "KEYWORD" -> keyword();
            case "UNKEYWORD" -> not(keyword());
            case "RECENT" -> new SearchKey.Recent();
            case "OLD" -> not(new SearchKey.Recent());
            case "NEW" -> new SearchKey.And(List.of(new SearchKey.Recent(), not(new SearchKey.HasFlag(Standard.SEEN))));
            case "BEFORE" -> internalDate(When.BEFORE);
            case "ON" -> internalDate(When.ON);
            case "SINCE" -> internalDate(When.SINCE);
            case "SENTBEFORE" -> sentDate(When.BEFORE);
            case "SENTON" -> sentDate(When.ON);
            case "SENTSINCE" -> sentDate(When.SINCE);
            case "BCC" -> new SearchKey.Header("Bcc", spaceText());
            case "CC" -> new SearchKey.Header("Cc", spaceText());
            case "FROM" -> new SearchKey.Header("From", spaceText());
            case "SUBJECT" -> new SearchKey.Header("Subject", spaceText());
            case "TO" -> new SearchKey.Header("To", spaceText());
            case "HEADER" -> new SearchKey.Header(spaceText(), spaceText());
            case "BODY" -> new SearchKey.Body(spaceText());
            case "TEXT" -> new SearchKey.Text(spaceText());
            case "LARGER" -> new SearchKey.Larger(spaceNumber());
            case "SMALLER" -> new SearchKey.Smaller(spaceNumber());
            case "YOUNGER" -> new SearchKey.Younger(spaceInterval());
            case "OLDER" -> new SearchKey.Older(spaceInterval());
            case "SAVEDBEFORE" -> saveDate(When.BEFORE);
            case "SAVEDON" -> saveDate(When.ON);
            case "SAVEDSINCE" -> saveDate(When.SINCE);
            case "SAVEDATESUPPORTED" -> new SearchKey.All();
            case "EMAILID" -> object(ObjectId.Kind.EMAIL);
            case "THREADID" -> object(ObjectId.Kind.THREAD);
            case "MODSEQ" -> modSeq();
            case "UID" -> uids();
            case "NOT" -> not(spaceKey());
            case "OR" -> new SearchKey.Or(spaceKey(), spaceKey());
            default -> throw new SyntaxException("unknown SEARCH key " + name);
        };
    }

    /** {@code "(" search-key *(SP search-key) ")"}. */
    private SearchKey list() throws IOException {
        in.expect('(');
        SearchKey keys = keys(name());
        in.expect(')');
        return keys;
    }

    private static SearchKey not(SearchKey key) {
        return new SearchKey.Not(key);
    }

    private SearchKey keyword() throws IOException {
        in.space();
        return new SearchKey.HasFlag(in.keyword());
    }

    private SearchKey internalDate(When when) throws IOException {
        in.space();
        return new SearchKey.InternalDate(when, in.date());
    }

    private SearchKey sentDate(When when) throws IOException {
        in.space();
        return new SearchKey.SentDate(when, in.date());
    }

    private SearchKey saveDate(When when) throws IOException {
        in.space();
        return new SearchKey.SaveDate(when, in.date());
    }

    /** {@code SP objectid} (RFC 8474 §7), of which the letter case counts. */
    private SearchKey object(ObjectId.Kind kind) throws IOException {
        in.space();
        return new SearchKey.SameObject(kind, in.atom());
    }

    /**
     * A string that is not UTF-8, though the client names no other charset, is in one that nobody knows. RFC 6855 §3 wants a
     * BAD where it is quoted; but Angus Mail 2.0.5, which writes Latin-1 once UTF8=ACCEPT is enabled, fails at a BAD, and
     * searches by itself after a NO.
     */
    private String spaceText() throws IOException {
        in.space();
        byte[] text = in.astring();
        try {
            return WireReader.decode(text, charset);
        } catch (SyntaxException broken) {
            if (isNamedCharset) {
                throw broken;
            }
            isKnownCharset = false;
            return "";
        }
    }

    private long spaceNumber() throws IOException {
        in.space();
        return in.number64(); // RFC 9051 §9; RFC 3501 has 32 bits
    }

    private long spaceInterval() throws IOException {
        in.space();
        return in.nzNumber();
    }

    /**
     * {@code [SP entry-name SP entry-type-req] SP mod-sequence-valzer}: what flag it was that changed is not remembered, and
     * not asked (RFC 7162 §3.1.5).
     */
    private SearchKey modSeq() throws IOException {
        in.space();
        if (in.peek('"')) {
            in.quoted();
            in.space();
            String type = in.word();
            if (!type.equals("PRIV") && !type.equals("SHARED") && !type.equals("ALL")) {
                throw new SyntaxException("priv, shared or all is expected");
            }
            in.space();
        }
        return new SearchKey.Changed(in.modSeq());
    }

    private SearchKey uids() throws IOException {
        in.space();
        return new SearchKey.Uids(in.sequenceSet());
    }
}
