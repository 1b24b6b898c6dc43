package heddle.server.lmtp;

/**
 * A mailbox in the sense of mail transport: {@code local-part ["@" domain]} (RFC 5321 §4.1.2, RFC 6531 §3.3).
 *
 * @param localPart what it means: without quotes and backslashes
 * @param domain empty when there is none, in brackets when it is an address literal
 * @param written as the client wrote it, without a source route: no control character, no angle bracket outside quotes
 */
record MailAddress(String localPart, String domain, String written) {
    /** The reverse path of a bounce. */
    static final MailAddress NULL = new MailAddress("", "", "");

    /** Goes into a header line of its own, which has at most 998 octets. */
    private static final int LONGEST = 320;

    /** Whether it can only be written as UTF-8 (RFC 6531). */
    boolean isInternational() {
        return written.chars().anyMatch(c -> c > '~');
    }

    /**
     * {@return the address in {@code path = "<" [source-route ":"] mailbox ">"}, or {@link #NULL} for {@code <>}}
     *
     * @throws RefusedLineException 501 when it is not one
     */
    static MailAddress parse(String path) {
        int length = path.length();
        if (length < 2 || path.charAt(0) != '<' || path.charAt(length - 1) != '>') {
            throw refused("an address goes in angle brackets");
        }
        int start = 1;
        if (path.startsWith("<@")) {
            start = path.indexOf(':') + 1;
            if (start == 0) {
                throw refused("a source route ends with a colon");
            }
        }
        String written = path.substring(start, length - 1);
        if (written.length() > LONGEST) {
            throw refused("the address is too long");
        }
        return written.isEmpty() && start == 1 ? NULL : new Parser(written).address();
    }

    private static RefusedLineException refused(String text) {
        return new RefusedLineException(501, "5.1.3", text);
    }

    private static final class Parser {
        private static final String SPECIALS = "()<>[]\\,;:\"@";

        private final String written;
        private int at;

        Parser(String written) {
            this.written = written;
        }

        MailAddress address() {
            String localPart = written.startsWith("\"") ? quotedString() : dotString();
            if (at == written.length()) {
                return new MailAddress(localPart, "", written);
            }
            if (written.charAt(at) != '@') {
                throw refused("this character must be quoted in an address");
            }
            String domain = written.substring(at + 1);
            if (!isDomain(domain)) {
                throw refused("the domain is not one");
            }
            return new MailAddress(localPart, domain, written);
        }

        /** More generous with dots than {@code Dot-string}: such addresses exist. */
        private String dotString() {
            while (at < written.length() && isText(written.charAt(at))) {
                at++;
            }
            if (at == 0) {
                throw refused("there is no local part");
            }
            return written.substring(0, at);
        }

        private static boolean isText(char c) {
            return c > ' ' && !Character.isISOControl(c) && SPECIALS.indexOf(c) < 0;
        }

        private String quotedString() {
            var text = new StringBuilder();
            for (at = 1; at < written.length() && written.charAt(at) != '"'; at++) {
                if (written.charAt(at) == '\\') {
                    at++;
                }
                if (at == written.length() || Character.isISOControl(written.charAt(at))) {
                    throw refused("the quoted local part is not one");
                }
                text.append(written.charAt(at));
            }
            if (at == written.length() || text.isEmpty()) {
                throw refused("the quoted local part is not one");
            }
            at++;
            return text.toString();
        }

        private static boolean isDomain(String domain) {
            if (domain.startsWith("[")) {
                return domain.matches("\\[[0-9A-Za-z.:_-]+]");
            }
            return domain.codePoints().allMatch(c -> c > '~' ? Character.isLetterOrDigit(c) : isDomainAscii(c))
                    && !domain.isEmpty();
        }

        private static boolean isDomainAscii(int c) {
            return c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '.'
                    || c == '-'
                    || c == '_';
        }
    }
}
