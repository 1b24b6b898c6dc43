package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A body part and where it stands in the message, octet for octet (RFC 3501 §6.4.5). The message itself is the root; a
 * {@code message/rfc822} part has one child, the encapsulated message; a multipart has at least one.
 *
 * @param header the MIME header with the blank line that ends it; of a message, its header
 * @param body what follows the header, without the line break that belongs to the boundary
 * @param bodyLines line feeds in the body
 * @param encoding the content transfer encoding, in lower case
 */
public record MessagePart(
        ByteRange header,
        ByteRange body,
        long bodyLines,
        ContentType contentType,
        String encoding,
        List<MessagePart> children) {
    private static final int FORMAT = 1;

    public MessagePart {
        children = List.copyOf(children);
    }

    /** {@return header and body} */
    public ByteRange whole() {
        return new ByteRange(header.offset(), header.length() + body.length());
    }

    /**
     * The part that a client names by its number, as in {@code BODY[4.2.1]}; its octets are {@link #body}, its
     * {@code MIME} is {@link #header}. Called on the root.
     *
     * @param path the numbers from the outermost on, none for the message itself
     */
    public Optional<MessagePart> find(List<Integer> path) {
        MessagePart part = this;
        MessagePart container = this;
        for (int depth = 0; depth < path.size(); depth++) {
            if (depth > 0) {
                // Below an encapsulated message its own parts are counted; below a leaf there is nothing.
                if (part.contentType.isMessage() && !part.children.isEmpty()) {
                    container = part.children.getFirst();
                } else if (part.contentType.isMultipart()) {
                    container = part;
                } else {
                    return Optional.empty();
                }
            }
            int number = path.get(depth);
            if (container.contentType.isMultipart()) {
                if (number < 1 || number > container.children.size()) {
                    return Optional.empty();
                }
                part = container.children.get(number - 1);
            } else if (number == 1) {
                part = container;
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(part);
    }

    /**
     * The message whose {@code HEADER}, {@code HEADER.FIELDS} and {@code TEXT} a path names: its header is
     * {@link #header}, its text {@link #body}. Called on the root.
     *
     * @param path of a part of type {@code message/rfc822}, or empty for the message itself
     */
    public Optional<MessagePart> findMessage(List<Integer> path) {
        if (path.isEmpty()) {
            return Optional.of(this);
        }
        return find(path)
                .filter(part -> part.contentType.isMessage() && !part.children.isEmpty())
                .map(part -> part.children.getFirst());
    }

    /** {@return the tree in a compact form for storage; {@link #fromBytes} reads it} */
    public byte[] toBytes() {
        var out = new ByteArrayOutputStream(64);
        out.write(FORMAT);
        writeTo(out);
        return out.toByteArray();
    }

    /**
     * {@return the tree that {@link #toBytes} wrote}
     *
     * @throws IllegalArgumentException when these are not the bytes of a tree of a known version
     */
    public static MessagePart fromBytes(byte[] tree) {
        if (tree.length == 0 || tree[0] != FORMAT) {
            throw new IllegalArgumentException("not a message tree of a known version");
        }
        return read(ByteBuffer.wrap(tree, 1, tree.length - 1));
    }

    private void writeTo(ByteArrayOutputStream out) {
        number(out, header.offset());
        number(out, header.length());
        number(out, body.length());
        number(out, bodyLines);
        text(out, contentType.type());
        text(out, contentType.subtype());
        text(out, contentType.charset());
        text(out, encoding);
        number(out, children.size());
        for (MessagePart child : children) {
            child.writeTo(out);
        }
    }

    private static MessagePart read(ByteBuffer in) {
        var header = new ByteRange(number(in), number(in));
        var body = new ByteRange(header.end(), number(in));
        long bodyLines = number(in);
        var contentType = new ContentType(text(in), text(in), text(in));
        String encoding = text(in);
        int count = (int) number(in);
        var children = new ArrayList<MessagePart>(count);
        for (int i = 0; i < count; i++) {
            children.add(read(in));
        }
        return new MessagePart(header, body, bodyLines, contentType, encoding, children);
    }

    private static void number(ByteArrayOutputStream out, long number) {
        long rest = number;
        while (rest > 0x7f) {
            out.write(((int) rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static long number(ByteBuffer in) {
        long number = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            number |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return number;
            }
        }
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        number(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static String text(ByteBuffer in) {
        var bytes = new byte[(int) number(in)];
        in.get(bytes);
        return new String(bytes, ISO_8859_1);
    }
}
