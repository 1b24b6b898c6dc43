package heddle.server.command;

import heddle.protocol.FetchItem.Attribute;
import heddle.protocol.FetchItem.Binary;
import heddle.protocol.FetchItem.BinarySize;
import heddle.protocol.FetchItem.BodySection;
import heddle.protocol.ObjectId;
import heddle.protocol.ObjectId.Kind;
import heddle.protocol.Section;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessagePart;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.WireWriter;
import heddle.storage.Fetches.Detail;
import heddle.storage.MailboxId;
import heddle.storage.MessageRow;
import heddle.storage.MessageRow.Details;
import heddle.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The stored part of the messages of one FETCH: a batch of rows is read at once, small bodies by the megabyte, large ones
 * as they are sent. Memory is bounded, whatever is fetched.
 */
final class MessageBatches {
    /** A body of at most this many bytes, which is one chunk, is read together with those of its neighbours. */
    private static final long SMALL = 256 << 10;

    private static final long TOGETHER = 1 << 20;

    private final Storage storage;
    private final MailboxId mailbox;
    private final Set<Detail> details = EnumSet.noneOf(Detail.class);
    private final boolean needsRows;
    private final boolean needsBodies;

    /** Parts that are wanted without their encoding. */
    private final List<List<Long>> decoded = new ArrayList<>();

    private List<MessageRow> rows = List.of();
    private int at = -1;
    private Map<Long, byte[]> bodies = Map.of();

    MessageBatches(Storage storage, MailboxId mailbox, List<FetchedItem> wanted) {
        this.storage = storage;
        this.mailbox = mailbox;
        needsRows = wanted.stream().anyMatch(FetchedItem::needsRow);
        needsBodies = wanted.stream().anyMatch(FetchedItem::needsBody);
        wanted.forEach(item -> item.detail().ifPresent(details::add));
        for (FetchedItem item : wanted) {
            switch (item.item()) {
                case Binary binary -> decoded.add(binary.part());
                case BinarySize(List<Long> part) -> decoded.add(part);
                case Attribute _, BodySection _ -> {
                    // sent as it is
                }
            }
        }
    }

    boolean needsRows() {
        return needsRows;
    }

    /**
     * Reads a batch; {@link #next()} goes to its first message.
     *
     * @param current the messages that are not expunged
     */
    void read(UidSet uids, UidSet current) {
        rows = List.of(); // let go of the ones before
        rows = uids.andNot(current).isEmpty()
                ? storage.fetches().read(mailbox, uids, details)
                : storage.fetches().readStored(mailbox, uids, details);
        at = -1;
        bodies = Map.of();
    }

    /** Goes to the next message. {@return false after the last} */
    boolean next() {
        at++;
        return at < rows.size();
    }

    MessageRow row() {
        return rows.get(at);
    }

    /**
     * Looks at the message at hand before anything of it is written: what has begun to leave cannot be refused any more.
     *
     * @throws RefusedException {@code UNKNOWN-CTE} when nobody can decode what is wanted of it (RFC 3516 §4.3)
     */
    void requireKnownEncodings() {
        for (List<Long> part : decoded) {
            octets().requireKnownEncoding(part);
        }
    }

    /** Writes an item of the message at hand. */
    void write(FetchedItem wanted, FetchResponse response) throws IOException {
        MessageRow row = row();
        byte[] label = wanted.label();
        switch (wanted.item()) {
            case Attribute attribute -> {
                switch (attribute) {
                    case INTERNALDATE -> response.internalDate(row.internalDateTime());
                    case SAVEDATE -> response.saveDate(row.saveDate().atOffset(ZoneOffset.UTC));
                    case EMAILID -> response.objectId(label, new ObjectId(Kind.EMAIL, row.contentId()));
                    case THREADID ->
                        response.objectId(
                                label, new ObjectId(Kind.THREAD, details().thread()));
                    case PREVIEW -> response.value(label).string(preview());
                    case RFC822_SIZE -> response.rfc822Size(row.size());
                    case ENVELOPE -> ready(response.value(label), row, Detail.ENVELOPE);
                    case BODY -> ready(response.value(label), row, Detail.BODY);
                    case BODYSTRUCTURE -> ready(response.value(label), row, Detail.BODY_STRUCTURE);
                    case RFC822 -> octets().whole().writeTo(response, label, null);
                    case RFC822_HEADER -> octets().header().writeTo(response, label, null);
                    case RFC822_TEXT -> octets().text().writeTo(response, label, null);
                    case FLAGS, MODSEQ, UID ->
                        throw new IllegalArgumentException("not stored with the message: " + attribute);
                }
            }
            case BodySection section -> write(section, wanted, response);
            case Binary binary -> octets().binary(binary.part(), response, label, binary.partial());
            case BinarySize(List<Long> part) -> octets().binarySize(part, response, label);
        }
    }

    private void write(BodySection wanted, FetchedItem item, FetchResponse response) throws IOException {
        Section section = wanted.section();
        byte @Nullable [] common = commonHeader();
        if (item.fields() != null && item.isCommonHeader() && common != null) {
            byte[] trace = row().trace();
            byte[] selected = item.fields().select(common);
            byte[] delivered = trace.length == 0 ? trace : item.fields().select(trace);
            MessageOctets.write(delivered, selected, response, item.label(), wanted.partial());
        } else if (item.fields() != null) {
            octets().fields(section, item.fields(), response, item.label(), wanted.partial());
        } else {
            octets().section(section, response, item.label(), wanted.partial());
        }
    }

    private Details details() {
        return Objects.requireNonNull(row().details());
    }

    private byte[] preview() {
        return Objects.requireNonNull(details().preview());
    }

    private byte @Nullable [] commonHeader() {
        Details read = row().details();
        return read == null ? null : read.commonHeader();
    }

    /** Writes what was made ready when the message came, read with the batch or, when it is large, in slices. */
    private void ready(WireWriter out, MessageRow row, Detail detail) throws IOException {
        Details read = row.details();
        byte[] small = read == null
                ? null
                : switch (detail) {
                    case ENVELOPE -> read.envelope();
                    case BODY -> read.body();
                    case BODY_STRUCTURE -> read.bodyStructure();
                    case PARTS, COMMON_HEADER, PREVIEW, THREAD -> null;
                };
        if (small != null) {
            out.raw(small);
            return;
        }
        try (InputStream large = storage.fetches().openLarge(mailbox.account(), row.contentId(), detail)) {
            var slice = new byte[16 << 10];
            for (int count = large.read(slice); count >= 0; count = large.read(slice)) {
                out.raw(slice, 0, count);
            }
        }
    }

    private MessageOctets octets() {
        MessageRow row = row();
        return new MessageOctets(storage, mailbox.account(), row, body(row), this::parts);
    }

    private MessagePart parts() {
        Details read = row().details();
        MessagePart root = read == null ? null : read.root();
        return root != null ? root : storage.fetches().parts(mailbox.account(), row().contentId());
    }

    /** {@return the content when it is small; it is read with those that follow} */
    private byte @Nullable [] body(MessageRow row) {
        if (!needsBodies || contentSize(row) > SMALL) {
            return null;
        }
        byte[] known = bodies.get(row.contentId());
        if (known != null) {
            return known;
        }
        var contents = new ArrayList<Long>();
        long bytes = 0;
        for (MessageRow following : rows.subList(at, rows.size())) {
            long size = contentSize(following);
            if (size <= SMALL) {
                bytes += size;
                if (bytes > TOGETHER && !contents.isEmpty()) {
                    break;
                }
                contents.add(following.contentId());
            }
        }
        bodies = Map.of(); // let go of the ones before
        bodies = storage.bodies().readSmall(mailbox.account(), contents);
        return bodies.get(row.contentId());
    }

    private static long contentSize(MessageRow row) {
        return row.size() - row.trace().length;
    }
}
