package heddle.protocol.wire;

import heddle.protocol.Flag;
import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.PartialRange;
import heddle.protocol.SequenceSet;
import heddle.protocol.SequenceSet.Range;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.response.ResponseCode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client sends, one method for each rule of the grammar (RFC 3501 §9).
 *
 * <p>The methods throw {@link SyntaxException} when the rule is broken, {@link RefusedException} when a
 * command is more than is taken, and {@link EndOfServiceException} when a limit is broken so that nobody can say where
 * the next command begins; {@link IOException} means that the client is gone. After the first two {@link #skipRest()}
 * finds the next command. One thread at a time.
 */
public final class WireReader {
    private static final List<String> MONTHS =
            List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final long MAX_NUMBER = 0xFFFF_FFFFL;

    private final WireInput in;
    private final Continuation continuation;
    private WireEncoding encoding = WireEncoding.SEVEN_BIT;
    private @Nullable Literal pending;
    private long literalOctets;
    private int elements;
    private int depth;

    /**
     * @param in blocks until there is something to read
     * @param limits changed by {@link #limits(WireLimits)} when the client has logged in
     * @param continuation called before a literal that the client waits to send
     */
    public WireReader(InputStream in, WireLimits limits, Continuation continuation) {
        this.in = new WireInput(in, limits);
        this.continuation = continuation;
    }

    /** Waits for the next command; holds no buffer while it waits. {@return false when the client has closed} */
    public boolean awaitInput() throws IOException {
        return in.await();
    }

    /** {@return how many octets have arrived and are not read yet: while there are some, answers need no flush} */
    public int bufferedBytes() {
        return in.buffered();
    }

    /** Forgets what has arrived: nothing that was sent before a TLS handshake is read after it (RFC 3501 §6.2.1). */
    public void discardBuffered() {
        in.discardBuffered();
    }

    /** Reads from another stream from now on; only between two commands. What is buffered is still read first. */
    public void input(InputStream stream) {
        in.stream(stream);
    }

    public WireLimits limits() {
        return in.limits();
    }

    public void limits(WireLimits changed) {
        in.limits(changed);
    }

    /** How the client writes text beyond US-ASCII from the next command on. */
    public void encoding(WireEncoding changed) {
        encoding = changed;
    }

    /** Drops what is left of the command, up to its line end, with the literals in it; none of it is read as a command. */
    public void skipRest() throws IOException {
        depth = 0;
        if (!in.lineOpen()) {
            return;
        }
        in.beginSkipping();
        Literal literal = pending;
        pending = null;
        if (literal != null) {
            if (!literal.skip()) {
                in.endLine();
                return;
            }
            in.endLiteral();
        }
        in.skipRest();
    }

    // ---- lines

    /** Begins to read a line that is no command: a SASL response, or DONE. Holds no buffer while it waits. */
    public void beginLine() throws IOException {
        if (!in.await()) {
            throw new EOFException("the client closed");
        }
        begin();
    }

    private void begin() {
        in.beginLine();
        literalOctets = 0;
        elements = 0;
        depth = 0;
        pending = null;
    }

    /** {@code tag = 1*<any ASTRING-CHAR except "+">}: with it a command begins. */
    public Tag tag() throws IOException {
        begin();
        return new Tag(some(CharacterClass.TAG, "a tag"));
    }

    /** The end of a command: CRLF, or LF alone, which people at a terminal send. */
    public void crlf() throws IOException {
        finishLiteral();
        take('\r');
        if (in.peek() != '\n') {
            throw new SyntaxException("the end of the line is expected");
        }
        in.next();
        in.endLine();
    }

    /** {@return whether the line ends here; nothing is read} */
    public boolean atLineEnd() throws IOException {
        int octet = peek();
        return octet == '\r' || octet == '\n';
    }

    // ---- single characters

    /** {@return the octet that comes next, 0 to 255; it is not read yet} */
    public int peek() throws IOException {
        finishLiteral();
        return in.peek();
    }

    /** {@return whether {@code c} comes next; nothing is read} */
    public boolean peek(char c) throws IOException {
        return peek() == c;
    }

    /** {@return whether a letter comes next; nothing is read} */
    public boolean peekLetter() throws IOException {
        return CharacterClass.has(peek(), CharacterClass.LETTER);
    }

    /** Reads {@code c} if it comes next. {@return whether it did} */
    public boolean take(char c) throws IOException {
        if (peek() != c) {
            return false;
        }
        in.next();
        return true;
    }

    /** Reads {@code c}, which must come next. */
    public void expect(char c) throws IOException {
        if (!take(c)) {
            throw new SyntaxException(c == ' ' ? "a space is expected" : "\"" + c + "\" is expected");
        }
    }

    /** {@code SP}: exactly one. */
    public void space() throws IOException {
        expect(' ');
    }

    // ---- words

    /** {@code atom = 1*ATOM-CHAR}. */
    public String atom() throws IOException {
        return some(CharacterClass.ATOM, "an atom");
    }

    /** {@return an atom in upper case: a name of which the letter case does not count} */
    public String word() throws IOException {
        return atom().toUpperCase(Locale.ROOT);
    }

    /** {@return the name of a FETCH item, in upper case: an atom that ends before <code>[</code> and <code>&lt;</code>} */
    public String itemName() throws IOException {
        return some(CharacterClass.NAME, "a data item").toUpperCase(Locale.ROOT);
    }

    private String some(int characterClass, String what) throws IOException {
        finishLiteral();
        String text = in.run(characterClass);
        if (text.isEmpty()) {
            throw new SyntaxException(what + " is expected");
        }
        return text;
    }

    // ---- numbers

    /** {@code number = 1*DIGIT}: 0 to 4,294,967,295. */
    public long number() throws IOException {
        return number(MAX_NUMBER);
    }

    /** {@code number64 = 1*DIGIT}: 0 to 2^63-1 (RFC 9051 §9). */
    public long number64() throws IOException {
        return number(Long.MAX_VALUE);
    }

    /** {@code mod-sequence-valzer = "0" / mod-sequence-value} (RFC 7162 §7). */
    public ModSeq modSeq() throws IOException {
        return new ModSeq(number64());
    }

    /** {@code nz-number = digit-nz *DIGIT}: 1 to 4,294,967,295, no zero in front. */
    public long nzNumber() throws IOException {
        refuseZero();
        return number();
    }

    /** {@code nz-number64 = digit-nz *DIGIT}: 1 to 2^63-1, no zero in front (RFC 9051 §9). */
    public long nzNumber64() throws IOException {
        refuseZero();
        return number64();
    }

    private void refuseZero() throws IOException {
        if (peek('0')) {
            throw new SyntaxException("a number that does not begin with 0 is expected");
        }
    }

    private long number(long largest) throws IOException {
        if (!CharacterClass.has(peek(), CharacterClass.DIGIT)) {
            throw new SyntaxException("a number is expected");
        }
        long number = 0;
        do {
            int digit = in.next() - '0';
            if (number > (largest - digit) / 10) {
                throw new SyntaxException("the number is too large");
            }
            number = number * 10 + digit;
        } while (CharacterClass.has(in.peek(), CharacterClass.DIGIT));
        return number;
    }

    /** {@code sequence-set = ((seq-number / seq-range) *("," (seq-number / seq-range))) / "$"}. */
    public SequenceSet sequenceSet() throws IOException {
        if (take('$')) {
            return SequenceSet.SAVED;
        }
        var ranges = new ArrayList<Range>();
        do {
            long from = sequenceNumber();
            ranges.add(take(':') ? new Range(from, sequenceNumber()) : new Range(from, from));
        } while (take(','));
        return new SequenceSet(ranges);
    }

    /** {@code partial-range = (nz-number ":" nz-number) / ("-" nz-number ":" "-" nz-number)} (RFC 9394 §4). */
    public PartialRange partialRange() throws IOException {
        boolean fromLast = take('-');
        long from = nzNumber();
        expect(':');
        if (fromLast) {
            expect('-');
        }
        long to = nzNumber();
        return fromLast ? new PartialRange(-from, -to) : new PartialRange(from, to);
    }

    /** {@code known-uids = sequence-set}, in which {@code *} is not allowed (RFC 7162 §7). */
    public UidSet uidSet() throws IOException {
        var uids = new UidSet.Builder();
        do {
            long from = nzNumber();
            long to = take(':') ? nzNumber() : from;
            uids.addRange(Math.min(from, to), Math.max(from, to));
        } while (take(','));
        return uids.build();
    }

    /** {@code seq-number}, as the set of one. */
    public SequenceSet sequenceNumberSet() throws IOException {
        long number = sequenceNumber();
        return new SequenceSet(List.of(new Range(number, number)));
    }

    /** {@code seq-number = nz-number / "*"}. */
    private long sequenceNumber() throws IOException {
        return take('*') ? SequenceSet.LARGEST : nzNumber();
    }

    // ---- strings

    /** {@code string = quoted / literal}, as octets; no NUL. */
    public byte[] string() throws IOException {
        return switch (peek()) {
            case '"' -> octets(quoted());
            case '{' -> argumentLiteral();
            default -> throw new SyntaxException("a string is expected");
        };
    }

    /** {@code astring = 1*ASTRING-CHAR / string}, as octets; no NUL. */
    public byte[] astring() throws IOException {
        int first = peek();
        return first == '"' || first == '{' ? string() : octets(some(CharacterClass.ASTRING, "a string"));
    }

    /** {@code nstring = string / nil}, as octets. {@return null for NIL} */
    public byte @Nullable [] nstring() throws IOException {
        int first = peek();
        if (first == '"' || first == '{') {
            return string();
        }
        if (!word().equals("NIL")) {
            throw new SyntaxException("a string or NIL is expected");
        }
        return null;
    }

    /** {@return an astring as text: UTF-8, of which US-ASCII is a part} */
    public String text() throws IOException {
        return decode(astring(), StandardCharsets.UTF_8);
    }

    /**
     * {@return what the octets spell}
     *
     * @throws SyntaxException when they are not in this charset
     */
    public static String decode(byte[] octets, Charset charset) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
        } catch (CharacterCodingException broken) {
            throw new SyntaxException("the text is not in " + charset.name());
        }
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * {@code quoted = DQUOTE *QUOTED-CHAR DQUOTE}, one character for each octet. Octets above 127 are taken, as RFC 9051
     * and some clients have it; what they mean is up to the rule that asks.
     */
    public String quoted() throws IOException {
        expect('"');
        String text = in.run(CharacterClass.QUOTED);
        if (take('"')) {
            return text;
        }
        var all = new StringBuilder(text);
        do {
            if (!take('\\')) {
                throw new SyntaxException("the quoted string does not end");
            }
            if (!peek('"') && !peek('\\')) {
                throw new SyntaxException("only \" and \\ can follow a \\ in a quoted string");
            }
            all.append((char) in.next());
            all.append(in.run(CharacterClass.QUOTED));
        } while (!take('"'));
        return all.toString();
    }

    /** {@code literal = "{" number ["+"] "}" CRLF *CHAR8}, read into memory. */
    private byte[] argumentLiteral() throws IOException {
        Literal literal = announcement(false, in.limits().argumentLiterals() - literalOctets);
        literalOctets += literal.size();
        pending = literal;
        byte[] octets = literal.open().readNBytes((int) literal.size());
        pending = null;
        in.endLiteral();
        for (byte octet : octets) {
            if (octet == 0) {
                throw new SyntaxException("a literal holds no NUL");
            }
        }
        return octets;
    }

    /**
     * {@code literal / literal8}: a message, which is not read yet. What follows can be read as soon as the literal is
     * consumed.
     */
    public Literal literal() throws IOException {
        boolean binary = take('~');
        Literal literal = announcement(binary, in.limits().message());
        pending = literal;
        return literal;
    }

    private Literal announcement(boolean binary, long largest) throws IOException {
        expect('{');
        if (!CharacterClass.has(in.peek(), CharacterClass.DIGIT)) {
            throw new SyntaxException("the size of a literal is expected");
        }
        long size = 0;
        while (CharacterClass.has(in.peek(), CharacterClass.DIGIT)) {
            int digit = in.next() - '0';
            size = size > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : size * 10 + digit;
        }
        boolean synchronizing = !take('+');
        expect('}');
        take('\r');
        if (!take('\n')) {
            throw new SyntaxException("the line ends after the size of a literal");
        }
        if (!synchronizing && (size > largest || size > in.limits().nonSynchronizing())) {
            throw new EndOfServiceException(ResponseCode.Word.TOOBIG, "the literal is too big");
        }
        if (size > largest) {
            in.endLine();
            throw new RefusedException(ResponseCode.Word.TOOBIG, "the literal is too big");
        }
        return new Literal(in, continuation, size, synchronizing, binary);
    }

    private void finishLiteral() {
        if (pending != null) {
            if (!pending.isConsumed()) {
                throw new IllegalStateException("the literal has not been read");
            }
            pending = null;
            in.endLiteral();
        }
    }

    // ---- lists

    /** A rule of the grammar, for {@link #list} and {@link #nested}. */
    @FunctionalInterface
    public interface Rule<T> {
        T read() throws IOException;
    }

    /** {@code "(" [element *(SP element)] ")"}. */
    public <T> List<T> list(Rule<T> element) throws IOException {
        expect('(');
        var all = new ArrayList<T>();
        if (take(')')) {
            return all;
        }
        do {
            countElement();
            all.add(element.read());
        } while (take(' '));
        expect(')');
        return all;
    }

    /** {@code "(" element *(SP element) ")"}. */
    public <T> List<T> nonEmptyList(Rule<T> element) throws IOException {
        List<T> all = list(element);
        if (all.isEmpty()) {
            throw new SyntaxException("the list is empty");
        }
        return all;
    }

    /** Counts one more argument of the command. */
    public void countElement() {
        if (++elements > in.limits().elements()) {
            throw new RefusedException(ResponseCode.Word.LIMIT, "too many arguments");
        }
    }

    /** Reads {@code rule} one level deeper. */
    public <T> T nested(Rule<T> rule) throws IOException {
        if (++depth > in.limits().nesting()) {
            throw new RefusedException(ResponseCode.Word.LIMIT, "nested too deep");
        }
        T read = rule.read();
        depth--;
        return read;
    }

    // ---- mailboxes

    /**
     * {@code mailbox = "INBOX" / astring}, in the client's {@linkplain #encoding encoding}.
     *
     * @throws RefusedException with CANNOT when no mailbox can have this name
     */
    public MailboxName mailbox() throws IOException {
        return givenMailbox().name();
    }

    /** As {@link #mailbox()}, for commands that tell the client when it is kept by another name. */
    public GivenName givenMailbox() throws IOException {
        return given(mailboxText());
    }

    /** As {@link #givenMailbox()}; {@return empty for a name that no mailbox can have} */
    public Optional<GivenName> mailboxIfPossible() throws IOException {
        byte[] name = astring();
        try {
            return Optional.of(given(encoding.decodeName(name)));
        } catch (RefusedException impossible) {
            return Optional.empty();
        } catch (SyntaxException broken) {
            if (encoding == WireEncoding.UTF_8) {
                throw broken; // RFC 6855 §3
            }
            return Optional.empty();
        }
    }

    /** {@return the mailbox that a client means by this name} */
    public static GivenName given(String name) {
        try {
            return new GivenName(new MailboxName(name), name);
        } catch (IllegalArgumentException impossible) {
            throw new RefusedException(ResponseCode.Word.CANNOT, String.valueOf(impossible.getMessage()));
        }
    }

    /** {@return a mailbox name, decoded but not checked: what CREATE and the reference of LIST take} */
    public String mailboxText() throws IOException {
        return encoding.decodeName(astring());
    }

    /** {@code list-mailbox = 1*list-char / string}, decoded; <code>%</code> and <code>*</code> stay. */
    public String listMailbox() throws IOException {
        int first = peek();
        byte[] wire = first == '"' || first == '{'
                ? string()
                : octets(some(CharacterClass.LIST, "a mailbox name or pattern"));
        return encoding.decodeName(wire);
    }

    // ---- flags

    /** {@code flag-list = "(" [flag *(SP flag)] ")"}; see {@link #flag()}. */
    public Set<Flag> flagList() throws IOException {
        return flags(list(this::flag));
    }

    /** {@code flag-list / (flag *(SP flag))}: what STORE takes. */
    public Set<Flag> storeFlags() throws IOException {
        if (peek('(')) {
            return flagList();
        }
        var all = new ArrayList<Optional<Flag>>();
        do {
            countElement();
            all.add(flag());
        } while (take(' '));
        return flags(all);
    }

    private static Set<Flag> flags(List<Optional<Flag>> read) {
        var flags = new LinkedHashSet<Flag>();
        for (Optional<Flag> flag : read) {
            flag.ifPresent(flags::add);
        }
        return flags;
    }

    /**
     * {@code flag}. {@return empty for {@code \Recent}, which no client can set and some send back as they got it}
     *
     * @throws SyntaxException for a flag with a backslash that RFC 3501 does not know
     */
    private Optional<Flag> flag() throws IOException {
        if (!take('\\')) {
            return Optional.of(keyword());
        }
        String name = "\\" + atom();
        Optional<Flag> flag = Flag.Standard.of(name).map(standard -> standard);
        if (flag.isEmpty() && !name.equalsIgnoreCase("\\Recent")) {
            throw new SyntaxException("unknown flag " + name);
        }
        return flag;
    }

    /** {@code flag-keyword = atom}. */
    public Flag.Keyword keyword() throws IOException {
        return new Flag.Keyword(atom());
    }

    // ---- dates

    /** {@code date = date-text / DQUOTE date-text DQUOTE}. */
    public LocalDate date() throws IOException {
        boolean quoted = take('"');
        int first = digit();
        int day = peek('-') ? first : first * 10 + digit();
        LocalDate date = restOfDate(day);
        if (quoted) {
            expect('"');
        }
        return date;
    }

    /** {@code date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE}. */
    public OffsetDateTime dateTime() throws IOException {
        expect('"');
        int day = take(' ') ? digit() : digits(2);
        LocalDate date = restOfDate(day);
        space();
        int hour = digits(2);
        expect(':');
        int minute = digits(2);
        expect(':');
        int second = digits(2);
        space();
        boolean west = peek('-');
        expect(west ? '-' : '+');
        int hours = digits(2);
        int minutes = digits(2);
        expect('"');
        try {
            // A leap second is told as the second before it: Java's clock has none.
            LocalDateTime local = date.atTime(hour, minute, second == 60 ? 59 : second);
            int offset = hours * 3600 + minutes * 60;
            return OffsetDateTime.of(local, ZoneOffset.ofTotalSeconds(west ? -offset : offset));
        } catch (DateTimeException broken) {
            throw new SyntaxException("there is no such date and time");
        }
    }

    /** {@code "-" date-month "-" date-year}. */
    private LocalDate restOfDate(int day) throws IOException {
        expect('-');
        var name = new StringBuilder(3);
        for (int i = 0; i < 3; i++) {
            if (!CharacterClass.has(peek(), CharacterClass.ATOM)) {
                throw new SyntaxException("the name of a month is expected");
            }
            name.append((char) in.next());
        }
        int month = MONTHS.indexOf(name.toString().toUpperCase(Locale.ROOT)) + 1;
        expect('-');
        int year = digits(4);
        try {
            return LocalDate.of(year, month, day);
        } catch (DateTimeException broken) {
            throw new SyntaxException("there is no such date");
        }
    }

    private int digits(int count) throws IOException {
        int number = 0;
        for (int i = 0; i < count; i++) {
            number = number * 10 + digit();
        }
        return number;
    }

    private int digit() throws IOException {
        if (!CharacterClass.has(peek(), CharacterClass.DIGIT)) {
            throw new SyntaxException("a digit is expected");
        }
        return in.next() - '0';
    }

    // ---- SASL

    /** {@code base64}, decoded; empty when there is none. */
    public byte[] base64() throws IOException {
        finishLiteral();
        String text = in.run(CharacterClass.BASE64);
        // Java's decoder takes an unpadded end, which the grammar does not.
        if (text.length() % 4 != 0) {
            throw new SyntaxException("not base64");
        }
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException broken) {
            throw new SyntaxException("not base64");
        }
    }
}
