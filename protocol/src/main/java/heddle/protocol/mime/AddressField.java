package heddle.protocol.mime;

/**
 * Reads an address field (RFC 5322 §3.4) into the address structures of ENVELOPE (RFC 3501 §7.4.2), in one pass over
 * its octets whatever they are.
 *
 * <p>mime4j's address parser was not used: it decodes encoded words, which ENVELOPE must not, drops names given as
 * comments, and holds the whole list as objects.
 */
final class AddressField {
    private final byte[] field;
    private final int end;
    private int position;

    private final ImapBytes out;
    private final int longest;

    private final ImapBytes words = new ImapBytes(64);
    private final ImapBytes comment = new ImapBytes(16);
    private final ImapBytes route = new ImapBytes(0);
    private final ImapBytes mailbox = new ImapBytes(32);
    private final ImapBytes host = new ImapBytes(32);
    private boolean isAfterSpace;
    /** Behind an {@code @}. */
    private boolean hasMailbox;
    /** Between {@code <} and {@code >}. */
    private boolean isInAngle;

    private boolean hasAngle;
    private boolean isInGroup;

    private AddressField(byte[] field, int from, int to, ImapBytes out, int longest) {
        this.field = field;
        this.position = from;
        this.end = to;
        this.out = out;
        this.longest = longest;
    }

    /** Writes the addresses behind those that are in {@code out}, as long as it does not exceed {@code longest}. */
    static void read(byte[] field, int from, int to, ImapBytes out, int longest) {
        new AddressField(field, from, to, out, longest).addressList();
    }

    /** {@return whether a header field that starts here has addresses} */
    static boolean startsWithName(byte[] field, int from, int to) {
        String start = HeaderName.lowerCase(field, from, Math.min(to, from + 16));
        int colon = start.indexOf(':');
        return colon > 0
                && switch (start.substring(0, colon).strip()) {
                    case "from", "sender", "reply-to", "to", "cc", "bcc" -> true;
                    default -> false;
                };
    }

    /** {@code address-list = (address *("," address))}, where an address may be a group. */
    private void addressList() {
        while (position < end && out.size() < longest) {
            byte octet = field[position++];
            switch (octet) {
                case ' ', '\t', '\r', '\n' -> isAfterSpace = true;
                case '(' -> comment();
                case '"' -> quotedString();
                case '[' -> domainLiteral();
                case '<' -> {
                    isInAngle = true;
                    hasAngle = true;
                    hasMailbox = false;
                    mailbox.clear();
                    host.clear();
                }
                case '>' -> isInAngle = false;
                case '@' -> at();
                case ':' -> colon();
                case ',' -> {
                    if (isInAngle && mailbox.isEmpty()) {
                        if (hasMailbox) {
                            host.octet(','); // in a route
                        }
                    } else {
                        address();
                    }
                }
                case ';' -> {
                    address();
                    endGroup();
                }
                default -> atom(octet);
            }
        }
        address();
        endGroup();
    }

    private void at() {
        if (!isInAngle && !hasAngle && !hasMailbox) {
            mailbox.clear();
            mailbox.octets(words);
            words.clear();
        }
        if (hasMailbox) {
            host.octet('@'); // in a route, or wrong: kept, so that nothing of the address is lost
        }
        hasMailbox = true;
    }

    /** Ends the route in {@code <@a,@b:c@d>}, or the name of a group. */
    private void colon() {
        if (isInAngle) {
            if (mailbox.isEmpty() && hasMailbox) {
                route.clear();
                route.octet('@').octets(host);
                host.clear();
                hasMailbox = false;
            }
        } else if (!isInGroup && !hasAngle && !hasMailbox) {
            out.ascii("(NIL NIL ").string(words).ascii(" NIL)");
            isInGroup = true;
            clear();
        }
    }

    private void endGroup() {
        if (isInGroup) {
            out.ascii("(NIL NIL NIL NIL)");
            isInGroup = false;
        }
    }

    private void address() {
        if (!hasAngle && !hasMailbox) {
            mailbox.octets(words); // a name without a domain, as a local user
            words.clear();
        }
        if (hasAngle || !mailbox.isEmpty() || !host.isEmpty()) {
            ImapBytes name = words.isEmpty() ? comment : words;
            out.octet('(');
            (name.isEmpty() ? out.nil() : out.string(name)).octet(' ');
            (route.isEmpty() ? out.nil() : out.string(route)).octet(' ');
            // NIL would mean a group; a host that is missing is the empty string.
            out.string(mailbox).octet(' ').string(host).octet(')');
        }
        clear();
    }

    private void clear() {
        words.clear();
        comment.clear();
        route.clear();
        mailbox.clear();
        host.clear();
        isAfterSpace = false;
        hasMailbox = false;
        isInAngle = false;
        hasAngle = false;
    }

    /** {@return where the next word goes: the display name, the mailbox or the host} */
    private ImapBytes target() {
        if (isInAngle) {
            return hasMailbox ? host : mailbox;
        }
        if (hasMailbox && !hasAngle) {
            return host;
        }
        if (isAfterSpace && !words.isEmpty()) {
            words.octet(' ');
        }
        isAfterSpace = false;
        return words;
    }

    private void atom(byte first) {
        int start = position - 1;
        while (position < end && isAtom(field[position])) {
            position++;
        }
        if (first >= 0 || position > start) {
            target().octets(field, start, position);
        }
    }

    private static boolean isAtom(byte octet) {
        return switch (octet) {
            case ' ', '\t', '\r', '\n', '(', '"', '[', '<', '>', '@', ':', ',', ';' -> false;
            default -> true;
        };
    }

    private void quotedString() {
        ImapBytes text = target();
        while (position < end && field[position] != '"') {
            character(text);
        }
        position++;
    }

    private void domainLiteral() {
        ImapBytes text = target();
        text.octet('[');
        while (position < end && field[position] != ']') {
            character(text);
        }
        position++;
        text.octet(']');
    }

    /** The last comment counts; comments in comments are part of it. */
    private void comment() {
        comment.clear();
        int depth = 1;
        while (position < end) {
            byte octet = field[position];
            depth += octet == '(' ? 1 : octet == ')' ? -1 : 0;
            if (depth == 0) {
                position++;
                return;
            }
            character(comment);
        }
    }

    /** One character, without the backslash before it; line breaks of folding are no characters. */
    private void character(ImapBytes text) {
        byte octet = field[position++];
        if (octet == '\\' && position < end) {
            octet = field[position++];
        }
        if (octet != '\r' && octet != '\n') {
            text.octet(octet);
        }
    }
}
