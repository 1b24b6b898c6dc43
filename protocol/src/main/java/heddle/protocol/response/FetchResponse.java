package heddle.protocol.response;

import heddle.protocol.FetchItem;
import heddle.protocol.Flag;
import heddle.protocol.Numbering;
import heddle.protocol.ObjectId;
import heddle.protocol.Partial;
import heddle.protocol.Section;
import heddle.protocol.wire.WireWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code FETCH} responses (RFC 3501 §7.4.2), or {@code UIDFETCH} ones (RFC 9586), item by item:
 *
 * <pre>{@code
 * fetch.start(12, 4827);
 * fetch.uid(4827);
 * fetch.flags(Flag.Standard.SEEN.bit(), List.of());
 * fetch.literal(label, size); // and the octets of the section to the writer
 * fetch.end();
 * }</pre>
 *
 * One object serves for all messages of a connection; nothing is allocated for a message.
 */
public final class FetchResponse {
    /** Stands for {@code \Recent} beside the bits of {@link Flag.Standard}. */
    public static final int RECENT = 32;

    private static final byte[] STAR = WireWriter.ascii("* ");
    private static final byte[] FETCH = WireWriter.ascii(" FETCH (");
    private static final byte[] UIDFETCH = WireWriter.ascii(" UIDFETCH (");
    private static final byte[] UID = WireWriter.ascii("UID ");
    private static final byte[] SIZE = WireWriter.ascii("RFC822.SIZE ");
    private static final byte[] SAVEDATE = WireWriter.ascii("SAVEDATE \"");
    private static final byte[] MODSEQ = WireWriter.ascii("MODSEQ (");
    private static final byte[] INTERNALDATE = WireWriter.ascii("INTERNALDATE \"");
    private static final byte[] ENVELOPE = WireWriter.ascii("ENVELOPE ");
    private static final byte[][] FLAGS = flagTable();

    private final WireWriter out;
    private final Numbering numbering;
    private boolean first;

    /** @param numbering by which of its numbers a message is named */
    public FetchResponse(WireWriter out, Numbering numbering) {
        this.out = out;
        this.numbering = numbering;
    }

    /** Begins the response for a message. */
    public void start(long sequenceNumber, long uid) throws IOException {
        switch (numbering) {
            case SEQUENCE -> out.raw(STAR).number(sequenceNumber).raw(FETCH);
            case UID -> out.raw(STAR).number(uid).raw(UIDFETCH);
        }
        first = true;
    }

    /** Begins the response for a message, and tells its UID in any case. */
    public void startWithUid(long sequenceNumber, long uid) throws IOException {
        start(sequenceNumber, uid);
        if (numbering == Numbering.SEQUENCE) {
            uid(uid);
        }
    }

    private WireWriter item(byte[] name) throws IOException {
        if (!first) {
            out.raw(' ');
        }
        first = false;
        return out.raw(name);
    }

    public void uid(long uid) throws IOException {
        item(UID).number(uid);
    }

    /**
     * {@code FLAGS}.
     *
     * @param bits those of {@link Flag.Standard}, and {@link #RECENT}
     * @param keywords as they are written on the wire
     */
    public void flags(int bits, List<byte[]> keywords) throws IOException {
        item(FLAGS[bits]);
        for (int i = 0; i < keywords.size(); i++) {
            if (bits != 0 || i > 0) {
                out.raw(' ');
            }
            out.raw(keywords.get(i));
        }
        out.raw(')');
    }

    /** {@code MODSEQ} (RFC 7162 §3.1.4.2). */
    public void modSeq(long modSeq) throws IOException {
        item(MODSEQ).number(modSeq).raw(')');
    }

    public void internalDate(OffsetDateTime date) throws IOException {
        item(INTERNALDATE);
        InternalDate.write(out, date);
        out.raw('"');
    }

    /** {@code SAVEDATE} (RFC 8514 §4.2). */
    public void saveDate(OffsetDateTime date) throws IOException {
        item(SAVEDATE);
        InternalDate.write(out, date);
        out.raw('"');
    }

    /** {@code EMAILID} or {@code THREADID} (RFC 8474 §5.3). */
    public void objectId(byte[] label, ObjectId id) throws IOException {
        value(label).raw('(').atom(id.wire()).raw(')');
    }

    /** {@code RFC822.SIZE}: octets of the message. */
    public void rfc822Size(long octets) throws IOException {
        item(SIZE).number(octets);
    }

    /** {@code ENVELOPE}, as it is written on the wire, parentheses included. */
    public void envelope(byte[] envelope) throws IOException {
        item(ENVELOPE).raw(envelope);
    }

    /**
     * An item whose value is ready for the wire, or is written by the caller piece by piece to the returned writer.
     *
     * @param label what {@link #label(FetchItem)} made
     */
    public WireWriter value(byte[] label) throws IOException {
        return item(label).raw(' ');
    }

    /** An item that is a number: {@code BINARY.SIZE}. */
    public void number(byte[] label, long number) throws IOException {
        value(label).number(number);
    }

    /** An item that is not there: a part that the message does not have. */
    public void nil(byte[] label) throws IOException {
        value(label).nil();
    }

    /** Announces a literal; the caller writes exactly {@code size} octets without NUL to the returned writer. */
    public WireWriter literal(byte[] label, long size) throws IOException {
        return value(label).literal(size);
    }

    /** Announces a literal that may hold NUL (RFC 3516 §4.3). */
    public WireWriter literal8(byte[] label, long size) throws IOException {
        return value(label).literal8(size);
    }

    /** Ends the response. */
    public void end() throws IOException {
        out.raw(')').crlf();
    }

    /**
     * {@return how the answer to {@code item} is named: {@code BODY[1.HEADER]<0>} for
     * {@code BODY.PEEK[1.HEADER]<0.100>}}; made once for a command, used for every message
     */
    public static byte[] label(FetchItem item) {
        var octets = new ByteArrayOutputStream();
        try {
            var writer = new WireWriter(octets);
            switch (item) {
                case FetchItem.Attribute attribute -> writer.atom(attribute.wire());
                case FetchItem.BodySection body -> {
                    writer.atom("BODY");
                    section(writer, body.section());
                    origin(writer, body.partial());
                }
                case FetchItem.Binary binary -> {
                    writer.atom("BINARY[");
                    part(writer, binary.part());
                    writer.raw(']');
                    origin(writer, binary.partial());
                }
                case FetchItem.BinarySize binary -> {
                    writer.atom("BINARY.SIZE[");
                    part(writer, binary.part());
                    writer.raw(']');
                }
            }
            writer.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return octets.toByteArray();
    }

    private static void section(WireWriter writer, Section section) throws IOException {
        writer.raw('[');
        part(writer, section.part());
        if (section.kind() != Section.Kind.WHOLE) {
            writer.atom(section.part().isEmpty() ? "" : ".").atom(section.kind().wire());
        }
        String before = " (";
        for (String field : section.fields()) {
            writer.atom(before).astring(field);
            before = " ";
        }
        writer.atom(section.fields().isEmpty() ? "]" : ")]");
    }

    private static void part(WireWriter writer, List<Long> part) throws IOException {
        String before = "";
        for (long number : part) {
            writer.atom(before).number(number);
            before = ".";
        }
    }

    private static void origin(WireWriter writer, @Nullable Partial partial) throws IOException {
        if (partial != null) {
            writer.raw('<').number(partial.offset()).raw('>');
        }
    }

    /** For each combination of flags the item up to the last of them. */
    private static byte[][] flagTable() {
        byte[][] table = new byte[2 * RECENT][];
        for (int bits = 0; bits < table.length; bits++) {
            var text = new StringBuilder("FLAGS (");
            String before = "";
            for (Flag.Standard flag : Flag.Standard.values()) {
                if ((bits & flag.bit()) != 0) {
                    text.append(before).append(flag.wire());
                    before = " ";
                }
            }
            if ((bits & RECENT) != 0) {
                text.append(before).append("\\Recent");
            }
            table[bits] = WireWriter.ascii(text.toString());
        }
        return table;
    }
}
