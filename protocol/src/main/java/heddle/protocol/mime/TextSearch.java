package heddle.protocol.mime;

import java.io.IOException;
import java.io.InputStream;

/**
 * Looks for a text in the message itself, where the stored {@link SearchText} is not all of it. Memory is bounded,
 * whatever the message.
 */
public final class TextSearch {
    private TextSearch() {}

    /** {@return whether a field of an encapsulated message is part of the text of the body} */
    static boolean isSearched(String name) {
        return name.equals("subject") || name.equals("from") || name.equals("to");
    }

    /**
     * {@return whether the text parts of the message contain the needle: SEARCH BODY}
     *
     * @param needle as {@link SearchText}
     */
    public static boolean contains(MessageSource message, MessagePart root, String needle) throws IOException {
        var match = new Match(needle);
        try (InputStream in = message.open()) {
            new Walk(in, match, message.size()).part(root);
        }
        return match.isFull();
    }

    /**
     * {@return whether a header field of that name contains the needle: SEARCH HEADER}
     *
     * @param name in lower case; empty for any field, with its name: the part of SEARCH TEXT that is not the body
     * @param needle as {@link SearchText}; empty when the field need only be there
     */
    public static boolean headerContains(
            MessageSource message, MessagePart root, String name, String needle, MimeLimits limits) throws IOException {
        try (InputStream in = message.open()) {
            var scanner = new MessageScanner(
                    in, Math.min(message.size(), root.header().end()));
            while (scanner.nextField(limits)) {
                byte[] field = scanner.buffer();
                int colon = HeaderName.colon(field, scanner.from(), scanner.to());
                if (colon < 0) {
                    continue;
                }
                int nameEnd = HeaderName.end(field, scanner.from(), colon);
                String found = HeaderName.lowerCase(field, scanner.from(), nameEnd);
                if (name.isEmpty() || name.equals(found)) {
                    String value = HeaderValue.decode(HeaderValue.unfold(field, colon + 1, scanner.to()));
                    String text = SearchText.normalize(value);
                    if ((name.isEmpty() ? found + ": " + text : text).contains(needle)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Goes through the parts in their order, so that the message is read once. */
    private static final class Walk {
        private final InputStream in;
        private final Match match;
        private final TextExtractor extractor;
        private long offset;

        Walk(InputStream in, Match match, long size) {
            this.in = in;
            this.match = match;
            this.extractor = new TextExtractor(match, size);
        }

        void part(MessagePart part) throws IOException {
            if (part.contentType().isText() && !match.isFull()) {
                extractor.body(range(part.body()), part.contentType(), part.encoding());
            }
            for (MessagePart child : part.children()) {
                if (part.contentType().isMessage()) {
                    header(child);
                }
                part(child);
            }
        }

        private void header(MessagePart message) throws IOException {
            var scanner =
                    new MessageScanner(range(message.header()), message.header().length());
            while (!match.isFull() && scanner.nextField(MimeLimits.DEFAULT)) {
                byte[] field = scanner.buffer();
                int colon = HeaderName.colon(field, scanner.from(), scanner.to());
                if (colon >= 0
                        && isSearched(HeaderName.lowerCase(
                                field, scanner.from(), HeaderName.end(field, scanner.from(), colon)))) {
                    extractor.field(HeaderValue.decode(HeaderValue.unfold(field, colon + 1, scanner.to())));
                }
            }
        }

        private InputStream range(ByteRange range) throws IOException {
            in.skipNBytes(range.offset() - offset);
            offset = range.offset();
            return new Range(range.length());
        }

        /** The octets that follow, so many of them. */
        private final class Range extends InputStream {
            private long left;

            Range(long length) {
                this.left = length;
            }

            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int start, int length) throws IOException {
                int count = left == 0 ? -1 : in.read(target, start, (int) Math.min(length, left));
                if (count > 0) {
                    left -= count;
                    offset += count;
                }
                return count;
            }
        }
    }

    /** Looks for the needle in a text that passes by. */
    private static final class Match implements CharSink {
        private final String needle;
        private final StringBuilder window = new StringBuilder();
        private boolean isFound;

        Match(String needle) {
            this.needle = needle;
            this.isFound = needle.isEmpty();
        }

        @Override
        public boolean isFull() {
            return isFound;
        }

        @Override
        public void accept(char[] text, int from, int to) {
            window.append(text, from, to - from);
            if (!isFound && window.length() >= needle.length()) {
                isFound = window.indexOf(needle) >= 0;
                window.delete(0, window.length() - needle.length() + 1);
            }
        }
    }
}
