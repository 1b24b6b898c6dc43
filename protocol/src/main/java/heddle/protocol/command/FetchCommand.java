package heddle.protocol.command;

import static heddle.protocol.FetchItem.Attribute.BODY;
import static heddle.protocol.FetchItem.Attribute.ENVELOPE;
import static heddle.protocol.FetchItem.Attribute.FLAGS;
import static heddle.protocol.FetchItem.Attribute.INTERNALDATE;
import static heddle.protocol.FetchItem.Attribute.MODSEQ;
import static heddle.protocol.FetchItem.Attribute.PREVIEW;
import static heddle.protocol.FetchItem.Attribute.RFC822_SIZE;

import heddle.protocol.FetchItem;
import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.FetchItem.Reading;
import heddle.protocol.Numbering;
import heddle.protocol.Partial;
import heddle.protocol.Section;
import heddle.protocol.Section.Kind;
import heddle.protocol.SequenceSet;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code FETCH} or {@code UID FETCH} (RFC 3501 §6.4.5, RFC 3516 §4.2, RFC 4466 §2.4, RFC 8970).
 *
 * @param items at least one; UID FETCH answers with the UID even when it is not among them
 * @param modifiers which of the messages
 */
public record FetchCommand(Numbering numbering, SequenceSet messages, List<FetchItem> items, FetchModifiers modifiers)
        implements Command.Selected {
    private static final String LAZY = "LAZY";
    private static final List<FetchItem> FAST = List.of(FLAGS, INTERNALDATE, RFC822_SIZE);
    private static final List<FetchItem> ALL = List.of(FLAGS, INTERNALDATE, RFC822_SIZE, ENVELOPE);
    private static final List<FetchItem> FULL = List.of(FLAGS, INTERNALDATE, RFC822_SIZE, ENVELOPE, BODY);

    public FetchCommand {
        items = List.copyOf(items);
    }

    /**
     * {@code fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att)
     * ")") [SP "(" fetch-modifier *(SP fetch-modifier) ")"]}.
     */
    static FetchCommand read(WireReader in, Numbering numbering) throws IOException {
        in.space();
        SequenceSet messages = in.sequenceSet();
        in.space();
        List<FetchItem> items = in.peek('(') ? itemList(in) : itemOrMacro(in);
        boolean hasMore = in.take(' ');
        if (hasMore && items.equals(List.of(PREVIEW)) && in.peek('(')) {
            // FETCH 1 PREVIEW (LAZY) and FETCH 1 PREVIEW (CHANGEDSINCE 7) are told apart by the word.
            in.expect('(');
            String word = in.word();
            if (!word.equals(LAZY)) {
                return new FetchCommand(numbering, messages, items, FetchModifiers.readRest(in, numbering, word));
            }
            in.expect(')');
            hasMore = in.take(' ');
        }
        FetchModifiers modifiers = hasMore ? FetchModifiers.read(in, numbering) : FetchModifiers.NONE;
        return new FetchCommand(numbering, messages, items, modifiers);
    }

    private static List<FetchItem> itemOrMacro(WireReader in) throws IOException {
        String name = in.itemName();
        return switch (name) {
            case "ALL" -> ALL;
            case "FAST" -> FAST;
            case "FULL" -> FULL;
            default -> List.of(item(in, name));
        };
    }

    /** {@code "(" fetch-att *(SP fetch-att) ")"}, with {@code fetch-att =/ "PREVIEW" [SP "(" "LAZY" ")"]}. */
    static List<FetchItem> itemList(WireReader in) throws IOException {
        var items = new ArrayList<FetchItem>();
        in.nonEmptyList(() -> {
            if (!items.isEmpty() && items.getLast() == PREVIEW && in.peek('(')) {
                return in.nonEmptyList(() -> lazy(in));
            }
            return items.add(item(in, in.itemName()));
        });
        return items;
    }

    private static String lazy(WireReader in) throws IOException {
        String modifier = in.word();
        if (!modifier.equals(LAZY)) {
            throw new SyntaxException("unknown PREVIEW modifier " + modifier);
        }
        return modifier;
    }

    /** Whether modseqs are to be told, either because they are asked for or because changes are (RFC 7162 §3.1.4). */
    public boolean asksForModSeq() {
        return items.contains(MODSEQ) || modifiers.changedSince() != null;
    }

    /** {@code fetch-att}, of which the name has been read. */
    private static FetchItem item(WireReader in, String name) throws IOException {
        return switch (name) {
            case "BODY" -> in.peek('[') ? bodySection(in, Reading.SETS_SEEN) : BODY;
            case "BODY.PEEK" -> bodySection(in, Reading.PEEK);
            case "BINARY" -> new FetchItem.Binary(sectionBinary(in), partial(in), Reading.SETS_SEEN);
            case "BINARY.PEEK" -> new FetchItem.Binary(sectionBinary(in), partial(in), Reading.PEEK);
            case "BINARY.SIZE" -> new FetchItem.BinarySize(sectionBinary(in));
            default -> attribute(name);
        };
    }

    private static Attribute attribute(String name) {
        for (Attribute attribute : Attribute.values()) {
            if (attribute.wire().equals(name)) {
                return attribute;
            }
        }
        throw new SyntaxException("unknown FETCH item " + name);
    }

    private static FetchItem bodySection(WireReader in, Reading reading) throws IOException {
        return new FetchItem.BodySection(section(in), partial(in), reading);
    }

    /** {@code section = "[" [section-msgtext / (section-part ["." section-text])] "]"}. */
    private static Section section(WireReader in) throws IOException {
        in.expect('[');
        var part = new ArrayList<Long>();
        var kind = Kind.WHOLE;
        if (!in.peek(']')) {
            boolean text = in.peekLetter();
            while (!text) {
                part.add(in.nzNumber());
                if (!in.take('.')) {
                    break;
                }
                text = in.peekLetter();
            }
            if (text) {
                kind = kind(in.itemName());
                if (kind == Kind.MIME && part.isEmpty()) {
                    throw new SyntaxException("MIME needs the number of a part");
                }
            }
        }
        List<String> fields = List.of();
        if (kind.namesFields()) {
            in.space();
            fields = in.nonEmptyList(() -> fieldName(in));
        }
        in.expect(']');
        return new Section(part, kind, fields);
    }

    private static Kind kind(String name) {
        return switch (name) {
            case "HEADER" -> Kind.HEADER;
            case "HEADER.FIELDS" -> Kind.HEADER_FIELDS;
            case "HEADER.FIELDS.NOT" -> Kind.HEADER_FIELDS_NOT;
            case "TEXT" -> Kind.TEXT;
            case "MIME" -> Kind.MIME;
            default -> throw new SyntaxException("unknown section " + name);
        };
    }

    /** {@code header-fld-name = astring}. */
    private static String fieldName(WireReader in) throws IOException {
        return WireReader.decode(in.astring(), StandardCharsets.US_ASCII);
    }

    /** {@code section-binary = "[" [section-part] "]"}. */
    private static List<Long> sectionBinary(WireReader in) throws IOException {
        in.expect('[');
        var part = new ArrayList<Long>();
        if (!in.peek(']')) {
            do {
                part.add(in.nzNumber());
            } while (in.take('.'));
        }
        in.expect(']');
        return part;
    }

    /** {@code partial = "<" number64 "." nz-number64 ">"} (RFC 9051 §9; RFC 3501 has 32 bits). {@return null when there is none} */
    private static @Nullable Partial partial(WireReader in) throws IOException {
        if (!in.take('<')) {
            return null;
        }
        long offset = in.number64();
        in.expect('.');
        long length = in.nzNumber64();
        in.expect('>');
        return new Partial(offset, length);
    }
}
