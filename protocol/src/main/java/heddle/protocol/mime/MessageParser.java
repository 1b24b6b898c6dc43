package heddle.protocol.mime;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a message once, from the first octet to the last, and gives everything that is stored beside it (RFC 5322, RFC
 * 2045). No message is refused, however broken: each has at least a part 1. Memory is bounded by {@link MimeLimits},
 * time is linear in the size.
 */
public final class MessageParser {
    private final MimeLimits limits;
    private final MessageScanner scanner;
    private final HeaderTexts texts;
    private final TextBuffer bodyText;
    private final TextExtractor extractor;
    private final CommonHeader.Builder commonHeader;
    private final ThreadRoot threadRoot = new ThreadRoot();
    private int parts;
    private int envelopeBytes;

    private MessageParser(InputStream in, long size, MimeLimits limits) {
        this.limits = limits;
        this.scanner = new MessageScanner(in, size);
        this.texts = new HeaderTexts(limits.headerTextBytes());
        this.bodyText = new TextBuffer(limits.bodyTextBytes(), (int) Math.min(size, 4096));
        this.extractor = new TextExtractor(bodyText, size);
        this.commonHeader = new CommonHeader.Builder(limits.commonHeaderBytes());
    }

    /**
     * Reads the message.
     *
     * @throws IOException only when the source fails
     */
    public static ParsedMessage parse(MessageSource source, MimeLimits limits) throws IOException {
        try (InputStream in = source.open()) {
            return new MessageParser(in, source.size(), limits).message();
        }
    }

    private ParsedMessage message() throws IOException {
        Entity message = entity(0, new Envelope(), false);
        var structure = new ParsedMessage.Structure(
                message.readyEnvelope(),
                BodyStructure.of(message, BodyStructure.Form.BODY),
                BodyStructure.of(message, BodyStructure.Form.BODYSTRUCTURE),
                commonHeader.toByteArray());
        var text = new ParsedMessage.Text(
                texts.fields(), texts.headerText(), texts.isTruncated(), bodyText.toString(), bodyText.isTruncated());
        return new ParsedMessage(
                message.part(), structure, text, texts.sentOn(), extractor.preview(), threadRoot.messageId());
    }

    /** Reads header and body; the scanner is behind the boundary that ended it, then. */
    private Entity entity(int depth, @Nullable Envelope envelope, boolean isInDigest) throws IOException {
        parts++;
        if (parts >= limits.parts()) {
            scanner.close(0); // all that follows is the body of this one
        }
        var entity = new Entity(scanner.offset(), envelope);
        header(entity, depth == 0);
        boolean isOpaque = depth >= limits.depth() || parts >= limits.parts();
        entity.startBody(scanner.bodyOffset(), scanner.lines(), isInDigest, isOpaque);
        if (entity.isMultipart()) {
            multipart(entity, depth);
        } else if (entity.isMessage()) {
            entity.children.add(entity(depth + 1, new Envelope(), false));
        } else if (entity.isText() && !extractor.isFull()) {
            extractor.body(new Body(), entity.contentType(), entity.part().encoding());
        }
        scanner.skipBody();
        entity.endBody(scanner.endOffset(), scanner.endLines());
        return entity;
    }

    /** {@code preamble CRLF *(boundary part) close-boundary epilogue} (RFC 2046 §5.1.1), any of it missing. */
    private void multipart(Entity entity, int depth) throws IOException {
        int level = scanner.openBoundaries();
        scanner.open(entity.boundary());
        scanner.skipBody();
        while (scanner.endedBy() == level && !scanner.isClosed()) {
            scanner.resume();
            entity.children.add(entity(depth + 1, null, entity.isDigest()));
        }
        if (scanner.endedBy() == level) {
            scanner.resume();
        }
        scanner.close(level);
    }

    private void header(Entity entity, boolean isRoot) throws IOException {
        while (scanner.nextField(limits)) {
            byte[] field = scanner.buffer();
            int from = scanner.from();
            int to = scanner.to();
            int colon = HeaderName.colon(field, from, to);
            if (colon < 0) {
                continue;
            }
            String name = HeaderName.lowerCase(field, from, HeaderName.end(field, from, colon));
            if (name.startsWith("content-")) {
                entity.add(name, field, colon + 1, to);
            }
            Envelope envelope = entity.envelope();
            if (envelope != null) {
                envelopeBytes += envelope.add(name, field, colon + 1, to, limits.envelopeBytes() - envelopeBytes);
            }
            if (isRoot) {
                commonHeader.add(name, field, from, to);
                texts.add(name, field, colon + 1, to);
                threadRoot.add(name, field, colon + 1, to);
            } else if (envelope != null && TextSearch.isSearched(name) && !extractor.isFull()) {
                extractor.field(HeaderValue.decode(HeaderValue.unfold(field, colon + 1, to)));
            }
        }
    }

    /** The body that the scanner is at. */
    private final class Body extends InputStream {
        private int from;
        private int to;

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            while (from == to) {
                if (!scanner.nextRun()) {
                    return -1;
                }
                from = scanner.from();
                to = scanner.to();
            }
            int count = Math.min(length, to - from);
            System.arraycopy(scanner.buffer(), from, target, offset, count);
            from += count;
            return count;
        }
    }
}
