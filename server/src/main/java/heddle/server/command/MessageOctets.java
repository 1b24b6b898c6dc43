package heddle.server.command;

import heddle.protocol.Partial;
import heddle.protocol.Section;
import heddle.protocol.mime.ByteRange;
import heddle.protocol.mime.HeaderFields;
import heddle.protocol.mime.MessagePart;
import heddle.protocol.mime.TransferDecoding;
import heddle.protocol.mime.TransferDecoding.Measure;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.WireWriter;
import heddle.storage.AccountId;
import heddle.storage.MessageRow;
import heddle.storage.Storage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The octets of one message: what delivery put before it, then its content. Pieces of it are written as literals, of
 * which no more than a buffer is in memory.
 */
final class MessageOctets {
    private static final int BUFFER = 32 << 10;

    /** A header of more than this is gone through twice, once to count, instead of being kept. */
    private static final long LARGE_HEADER = 256 << 10;

    private final Storage storage;
    private final AccountId account;
    private final MessageRow row;
    private final byte @Nullable [] body;
    private final Supplier<MessagePart> root;

    /**
     * @param body the content when it is at hand, null when it is to be streamed
     * @param root asked only when the parts matter
     */
    MessageOctets(
            Storage storage, AccountId account, MessageRow row, byte @Nullable [] body, Supplier<MessagePart> root) {
        this.storage = storage;
        this.account = account;
        this.row = row;
        this.body = body;
        this.root = root;
    }

    /** A run of the message, counted from the start of what delivery put before it. */
    final class Piece {
        private final long offset;
        private final long length;

        private Piece(long offset, long length) {
            this.offset = offset;
            this.length = length;
        }

        void writeTo(FetchResponse response, byte[] label, @Nullable Partial partial) throws IOException {
            long skipped = partial == null ? 0 : Math.min(length, partial.offset());
            long sent = partial == null ? length : Math.min(length - skipped, partial.length());
            copy(MessageOctets.this.open(offset + skipped, sent), sent, response.literal(label, sent));
        }

        InputStream open() {
            return MessageOctets.this.open(offset, length);
        }
    }

    private long trace() {
        return row.trace().length;
    }

    Piece whole() {
        return new Piece(0, row.size());
    }

    /** The header of the message, with what delivery put before it. */
    Piece header() {
        return new Piece(0, trace() + root.get().header().end());
    }

    Piece text() {
        return piece(root.get().body());
    }

    private Piece piece(ByteRange range) {
        return new Piece(trace() + range.offset(), range.length());
    }

    /** Writes a section that names no fields; NIL when the message has no such part (RFC 3501 §6.4.5). */
    void section(Section section, FetchResponse response, byte[] label, @Nullable Partial partial) throws IOException {
        Optional<Piece> piece = find(section);
        if (piece.isPresent()) {
            piece.get().writeTo(response, label, partial);
        } else {
            response.nil(label);
        }
    }

    private Optional<Piece> find(Section section) {
        List<Integer> path = path(section.part());
        if (path.isEmpty()) {
            return switch (section.kind()) {
                case WHOLE -> Optional.of(whole());
                case HEADER, HEADER_FIELDS, HEADER_FIELDS_NOT -> Optional.of(header());
                case TEXT -> Optional.of(text());
                case MIME -> Optional.empty();
            };
        }
        return switch (section.kind()) {
            case WHOLE -> root.get().find(path).map(part -> piece(part.body()));
            case MIME -> root.get().find(path).map(part -> piece(part.header()));
            case TEXT -> root.get().findMessage(path).map(message -> piece(message.body()));
            case HEADER, HEADER_FIELDS, HEADER_FIELDS_NOT ->
                root.get().findMessage(path).map(message -> piece(message.header()));
        };
    }

    private static List<Integer> path(List<Long> part) {
        return part.stream()
                .map(number -> (int) Math.min(Integer.MAX_VALUE, number))
                .toList();
    }

    /** Writes the header fields of a section that names some. */
    void fields(Section section, HeaderFields fields, FetchResponse response, byte[] label, @Nullable Partial partial)
            throws IOException {
        Optional<Piece> found = find(section);
        if (found.isEmpty()) {
            response.nil(label);
            return;
        }
        Piece header = found.get();
        if (header.length <= LARGE_HEADER) {
            write(NOTHING, fields.select(header.open().readAllBytes()), response, label, partial);
            return;
        }
        var counter = new Slice(OutputStream.nullOutputStream(), 0, Long.MAX_VALUE);
        fields.select(header.open(), counter);
        long skipped = partial == null ? 0 : Math.min(counter.position, partial.offset());
        long sent = partial == null ? counter.position : Math.min(counter.position - skipped, partial.length());
        WireWriter out = response.literal(label, sent);
        fields.select(header.open(), new Slice(writing(out), skipped, sent));
    }

    private static final byte[] NOTHING = {};

    /** Writes two pieces that are at hand as one. */
    static void write(byte[] first, byte[] second, FetchResponse response, byte[] label, @Nullable Partial partial)
            throws IOException {
        int length = first.length + second.length;
        if (partial == null) {
            WireWriter out = response.literal(label, length);
            raw(out, first, 0, first.length);
            raw(out, second, 0, second.length);
            return;
        }
        int skipped = (int) Math.min(length, partial.offset());
        int sent = (int) Math.min(length - skipped, partial.length());
        WireWriter out = response.literal(label, sent);
        var slice = new Slice(writing(out), skipped, sent);
        slice.write(first, 0, first.length);
        slice.write(second, 0, second.length);
    }

    /**
     * {@code BINARY}: a part without its transfer encoding, as a string unless it holds NUL (RFC 3516 §4.2, RFC 9051
     * §7.5.2).
     *
     * @param part of an encoding that is known, see {@link #requireKnownEncoding}
     */
    void binary(List<Long> part, FetchResponse response, byte[] label, @Nullable Partial partial) throws IOException {
        Optional<Decoded> found = decoded(part);
        if (found.isEmpty()) {
            response.nil(label);
            return;
        }
        Decoded decoded = found.get();
        Measure measure = decoded.measure();
        long length = measure.size();
        long skipped = partial == null ? 0 : Math.min(length, partial.offset());
        long sent = partial == null ? length : Math.min(length - skipped, partial.length());
        WireWriter out = measure.hasNul() ? response.literal8(label, sent) : response.literal(label, sent);
        try (InputStream octets = decoded.open()) {
            octets.skipNBytes(skipped);
            var buffer = new byte[BUFFER];
            for (long left = sent; left > 0; ) {
                int count = octets.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    throw new EOFException("a part is shorter than it was when it was counted");
                }
                out.raw(buffer, 0, count);
                left -= count;
            }
        }
    }

    /** {@code BINARY.SIZE}; as for {@link #binary}, the encoding is known. */
    void binarySize(List<Long> part, FetchResponse response, byte[] label) throws IOException {
        Optional<Decoded> decoded = decoded(part);
        response.number(label, decoded.isPresent() ? decoded.get().measure().size() : 0);
    }

    /** A piece with its transfer encoding. */
    private record Decoded(Piece piece, String encoding) {
        Measure measure() throws IOException {
            return TransferDecoding.measure(piece.open(), encoding);
        }

        InputStream open() {
            return TransferDecoding.decode(piece.open(), encoding);
        }
    }

    /** @throws RefusedException {@code UNKNOWN-CTE} when nobody can decode this part */
    void requireKnownEncoding(List<Long> part) {
        if (!decoded(part).map(Decoded::encoding).map(TransferDecoding::isKnown).orElse(true)) {
            throw new RefusedException(Word.UNKNOWN_CTE, "unknown content transfer encoding");
        }
    }

    private Optional<Decoded> decoded(List<Long> part) {
        if (part.isEmpty()) {
            return Optional.of(new Decoded(whole(), "8bit"));
        }
        return root.get().find(path(part)).map(found -> new Decoded(piece(found.body()), found.encoding()));
    }

    private InputStream open(long offset, long length) {
        long fromTrace = Math.clamp(trace() - offset, 0, length);
        InputStream content = openContent(Math.max(0, offset - trace()), length - fromTrace);
        if (fromTrace == 0) {
            return content;
        }
        return new SequenceInputStream(new ByteArrayInputStream(row.trace(), (int) offset, (int) fromTrace), content);
    }

    private InputStream openContent(long offset, long length) {
        return body != null
                ? new ByteArrayInputStream(body, (int) offset, (int) length)
                : storage.bodies().open(account, row.contentId(), offset, length);
    }

    private void copy(InputStream octets, long length, WireWriter out) throws IOException {
        var buffer = new byte[(int) Math.min(BUFFER, length)];
        for (long left = length; left > 0; ) {
            int count = octets.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new EOFException("a message is shorter than its size");
            }
            raw(out, buffer, 0, count);
            left -= count;
        }
    }

    /** A literal holds no NUL: 0x80 is sent for it, so that the size stays (only BINARY sends it as it is). */
    private static void raw(WireWriter out, byte[] octets, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (octets[i] == 0) {
                octets[i] = (byte) 0x80;
            }
        }
        out.raw(octets, offset, length);
    }

    private static OutputStream writing(WireWriter out) {
        return new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] octets, int offset, int length) throws IOException {
                raw(out, octets.clone(), offset, length);
            }
        };
    }

    /** Lets a run of what is written through, and counts. */
    private static final class Slice extends OutputStream {
        private final OutputStream target;
        private final long start;
        private final long end;
        private long position;

        Slice(OutputStream target, long start, long length) {
            this.target = target;
            this.start = start;
            end = length > Long.MAX_VALUE - start ? Long.MAX_VALUE : start + length;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] octets, int offset, int length) throws IOException {
            long from = Math.max(position, start);
            long to = Math.min(position + length, end);
            if (from < to) {
                target.write(octets, offset + (int) (from - position), (int) (to - from));
            }
            position += length;
        }
    }
}
