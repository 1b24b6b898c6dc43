package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A message or body part while it is being read: its octets so far, and what its header says (RFC 2045). */
final class Entity {
    private static final MediaField PLAIN_TEXT =
            new MediaField("TEXT/PLAIN", List.of(new MediaField.Parameter("CHARSET", "US-ASCII")));
    private static final MediaField MESSAGE = new MediaField("MESSAGE/RFC822", List.of());
    private static final MediaField OPAQUE = new MediaField("APPLICATION/OCTET-STREAM", List.of());

    final List<Entity> children = new ArrayList<>(0);
    private final long headerOffset;
    private long bodyOffset;
    private long bodyLength;
    private long bodyLines;
    private long linesBefore;

    private @Nullable MediaField declared;
    private MediaField type = PLAIN_TEXT;

    @Nullable
    MediaField disposition;

    private String encoding = "7BIT";

    @Nullable
    String id;

    @Nullable
    String description;

    @Nullable
    String md5;

    @Nullable
    String location;

    List<String> languages = List.of();

    /** Null unless this is a message. */
    private final @Nullable Envelope envelope;

    private byte[] readyEnvelope = {};

    Entity(long headerOffset, @Nullable Envelope envelope) {
        this.headerOffset = headerOffset;
        this.envelope = envelope;
    }

    @Nullable
    Envelope envelope() {
        return envelope;
    }

    /** {@return the ENVELOPE of this message} */
    byte[] readyEnvelope() {
        return readyEnvelope;
    }

    MediaField type() {
        return type;
    }

    String encoding() {
        return encoding;
    }

    long bodyLength() {
        return bodyLength;
    }

    long bodyLines() {
        return bodyLines;
    }

    boolean isText() {
        return type.value().startsWith("TEXT/");
    }

    boolean isMultipart() {
        return type.value().startsWith("MULTIPART/");
    }

    boolean isMessage() {
        return type.value().equals("MESSAGE/RFC822") || type.value().equals("MESSAGE/GLOBAL");
    }

    /** Takes what a header field says of the body; of several of one name the first counts. */
    void add(String name, byte[] field, int from, int to) {
        switch (name) {
            case "content-type" -> declared = declared == null ? MediaField.read(field, from, to) : declared;
            case "content-disposition" ->
                disposition = disposition == null ? MediaField.read(field, from, to) : disposition;
            case "content-transfer-encoding" -> {
                String value = MediaField.read(field, from, to).value();
                encoding = value.isEmpty() ? encoding : value;
            }
            case "content-id" -> id = id == null ? text(field, from, to) : id;
            case "content-description" -> description = description == null ? text(field, from, to) : description;
            case "content-md5" -> md5 = md5 == null ? text(field, from, to) : md5;
            case "content-location" -> location = location == null ? text(field, from, to) : location;
            case "content-language" -> languages = languages.isEmpty() ? words(text(field, from, to)) : languages;
            default -> {}
        }
    }

    private static String text(byte[] field, int from, int to) {
        return new String(HeaderValue.unfold(field, from, to), ISO_8859_1);
    }

    private static List<String> words(String list) {
        var words = new ArrayList<String>();
        for (int start = 0; start < list.length() && words.size() < 100; ) {
            int comma = list.indexOf(',', start);
            int end = comma < 0 ? list.length() : comma;
            String word = list.substring(start, end).strip();
            if (!word.isEmpty()) {
                words.add(word);
            }
            start = end + 1;
        }
        return words;
    }

    /**
     * The header has been read.
     *
     * @param isInDigest whether a part without a type is a message (RFC 2046 §5.1.5)
     * @param isOpaque whether the limits forbid to look into the body
     */
    void startBody(long offset, long lines, boolean isInDigest, boolean isOpaque) {
        bodyOffset = offset;
        linesBefore = lines;
        if (declared == null) {
            type = isInDigest ? MESSAGE : PLAIN_TEXT;
        } else if (isMediaType(declared.value())) {
            type = declared;
        } else if (!declared.parameters().isEmpty()) {
            type = new MediaField("TEXT/PLAIN", declared.parameters());
        }
        if (isMultipart() && boundary().length == 0) {
            type = PLAIN_TEXT;
        }
        if (isOpaque && (isMultipart() || isMessage())) {
            type = OPAQUE;
        }
        if (envelope != null) {
            readyEnvelope = envelope.toByteArray();
        }
    }

    private static boolean isMediaType(String value) {
        int slash = value.indexOf('/');
        return slash > 0 && slash < value.length() - 1 && value.indexOf('/', slash + 1) < 0;
    }

    /** {@return the boundary of this multipart, empty without a usable one} */
    byte[] boundary() {
        byte[] boundary = type.parameter("BOUNDARY").stripTrailing().getBytes(ISO_8859_1);
        return boundary.length <= MessageScanner.LONGEST_BOUNDARY ? boundary : new byte[0];
    }

    boolean isDigest() {
        return type.value().equals("MULTIPART/DIGEST");
    }

    /** The body has been read. */
    void endBody(long offset, long lines) {
        bodyLength = Math.max(0, offset - bodyOffset);
        bodyLines = Math.max(0, lines - linesBefore);
        if (isMultipart() && children.isEmpty()) {
            // The grammar wants a part; this is the one that others make up too.
            var empty = new Entity(bodyOffset + bodyLength, null);
            empty.startBody(empty.headerOffset, 0, false, false);
            children.add(empty);
        }
        if (isMessage() && !children.isEmpty()) {
            children.getFirst().shrink(bodyOffset + bodyLength);
        }
    }

    /** The line break before a boundary may be the blank line of an encapsulated message without a body. */
    private void shrink(long end) {
        bodyOffset = Math.min(bodyOffset, end);
        bodyLength = Math.min(bodyLength, end - bodyOffset);
    }

    ContentType contentType() {
        int slash = type.value().indexOf('/');
        String value = type.value().toLowerCase(Locale.ROOT);
        return new ContentType(value.substring(0, slash), value.substring(slash + 1), type.parameter("CHARSET"));
    }

    MessagePart part() {
        return new MessagePart(
                new ByteRange(headerOffset, bodyOffset - headerOffset),
                new ByteRange(bodyOffset, bodyLength),
                bodyLines,
                contentType(),
                encoding.toLowerCase(Locale.ROOT),
                children.stream().map(Entity::part).toList());
    }
}
