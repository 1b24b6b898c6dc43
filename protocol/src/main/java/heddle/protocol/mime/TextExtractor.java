package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.util.Optional;

/** Reads the text of body parts: undoes the transfer encoding, the charset and HTML, block by block. */
final class TextExtractor {
    private static final int BLOCK = 8192;
    private static final char[] LINE_FEED = {'\n'};

    private final CharSink out;
    private final TextNormalizer normalizer;
    private final Preview preview;
    private final byte[] octets;
    private final char[] chars;

    /**
     * @param out takes the search text of the parts, a line feed after each
     * @param size of the message
     */
    TextExtractor(CharSink out, long size) {
        this.out = out;
        this.normalizer = new TextNormalizer(out);
        this.preview = new Preview(normalizer);
        int block = (int) Math.max(64, Math.min(BLOCK, size));
        this.octets = new byte[block];
        this.chars = new char[block];
    }

    boolean isFull() {
        return out.isFull();
    }

    String preview() {
        return preview.toString();
    }

    /** Reads a header field of an encapsulated message. */
    void field(String value) {
        char[] text = value.toCharArray();
        normalizer.accept(text, 0, text.length);
        endText();
    }

    /** Reads the body of a text part, or as much of it as is wanted. */
    void body(InputStream raw, ContentType type, String encoding) throws IOException {
        // Of an unknown encoding, the text as it stands is better than none.
        InputStream decoded = TransferDecoding.isKnown(encoding) ? TransferDecoding.decode(raw, encoding) : raw;
        if (type.subtype().equals("html")) {
            var html = new HtmlText(preview);
            characters(decoded, Charsets.named(type.charset()), html);
            html.end();
        } else {
            characters(decoded, Charsets.named(type.charset()), preview);
        }
        preview.endPart();
        endText();
    }

    private void endText() {
        normalizer.end();
        out.accept(LINE_FEED, 0, 1);
    }

    private void characters(InputStream in, Optional<Charset> charset, CharSink sink) throws IOException {
        // A text that names no charset is UTF-8 as long as it can be, and ISO 8859-1 from there on.
        CharsetDecoder decoder = charset.orElse(UTF_8)
                .newDecoder()
                .onMalformedInput(charset.isPresent() ? CodingErrorAction.REPLACE : CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        ByteBuffer bytes = ByteBuffer.wrap(octets);
        CharBuffer text = CharBuffer.wrap(chars);
        boolean isEnd = false;
        while (!isEnd && !sink.isFull()) {
            int count = in.read(octets, bytes.position(), bytes.remaining());
            isEnd = count < 0;
            bytes.position(bytes.position() + Math.max(0, count)).flip();
            CoderResult result;
            do {
                result = decoder.decode(bytes, text, isEnd);
                if (result.isError()) {
                    decoder = ISO_8859_1.newDecoder();
                }
                if (isEnd && result.isUnderflow()) {
                    decoder.flush(text);
                }
                sink.accept(chars, 0, text.position());
                text.clear();
            } while (!result.isUnderflow());
            bytes.compact();
        }
    }
}
