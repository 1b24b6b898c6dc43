package heddle.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessagePart;
import heddle.storage.MessageRow.Details;
import heddle.storage.StorageException.Reason;
import heddle.storage.sql.Database;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Reads what FETCH asks for, apart from flags and bodies: a batch of messages in one query. */
public final class Fetches {
    /** What is larger than this is not read with its message but streamed: it bounds the memory of a batch. */
    private static final int LARGE = 8 << 10;

    private static final byte[] NO_TRACE = {};
    private static final int FIXED_WEIGHT = 250;
    private static final int SLICE = 256 << 10;

    /** What can be asked of a content. */
    public enum Detail {
        ENVELOPE("envelope", "envelope_length"),
        BODY("body", "body_length"),
        BODY_STRUCTURE("body_structure", "body_structure_length"),
        PARTS("parts", "parts_length"),
        /** Never large: a larger one is not kept. */
        COMMON_HEADER("common_header", "length(common_header)"),
        /** Never large: 200 characters. */
        PREVIEW("preview", "length(preview)"),
        /** A number. */
        THREAD("thread", "8");

        private final String column;
        private final String length;

        Detail(String column, String length) {
            this.column = column;
            this.length = length;
        }

        private String selected() {
            return switch (this) {
                case COMMON_HEADER -> "c.common_header";
                case PREVIEW -> "convert_to(c.preview, 'UTF8') AS preview";
                case THREAD -> "coalesce(c.thread, c.content_id) AS thread";
                case ENVELOPE, BODY, BODY_STRUCTURE, PARTS ->
                    "CASE WHEN c." + length + " <= " + LARGE + " THEN c." + column + " END AS " + column;
            };
        }
    }

    /** Names a message. */
    private record Key(long mailbox, long uid) {}

    /** What has been read of a message, which never changes, apart from its flags. */
    private record Cached(MessageRow row, Set<Detail> details) {
        int weight() {
            Details read = row.details();
            int bytes = FIXED_WEIGHT + row.trace().length;
            if (read != null) {
                bytes += length(read.envelope()) + length(read.body()) + length(read.bodyStructure());
                bytes +=
                        length(read.commonHeader()) + length(read.preview()) + (read.root() == null ? 0 : FIXED_WEIGHT);
            }
            return bytes;
        }

        private static int length(byte @Nullable [] bytes) {
            return bytes == null ? 0 : bytes.length + 16;
        }
    }

    private final Database database;
    private final Map<Set<Detail>, String> statements = new ConcurrentHashMap<>();
    private final Cache<Key, Cached> cache;

    /** @param cacheBytes how much memory may be spent on what was read lately, roughly */
    Fetches(Database database, long cacheBytes) {
        this.database = database;
        cache = Caffeine.newBuilder()
                .maximumWeight(cacheBytes)
                .weigher((Key key, Cached cached) -> cached.weight())
                .build();
    }

    /**
     * {@return these messages by UID; expunged ones too as long as their rows are kept (RFC 2180 §4.1), others are left
     * out}
     *
     * @param uids a few hundred at most
     */
    public List<MessageRow> read(MailboxId mailbox, UidSet uids, Set<Detail> details) {
        var rows = new ArrayList<MessageRow>((int) uids.size());
        var missing = new UidSet.Builder();
        uids.forEach(uid -> {
            Cached known = cache.getIfPresent(new Key(mailbox.value(), uid));
            if (known != null && known.details.containsAll(details)) {
                rows.add(known.row);
            } else {
                missing.add(uid);
            }
        });
        UidSet unknown = missing.build();
        if (!unknown.isEmpty()) {
            for (MessageRow row : readStored(mailbox, unknown, details)) {
                rows.add(row);
                cache.put(new Key(mailbox.value(), row.uid()), new Cached(row, details));
            }
            rows.sort(Comparator.comparingLong(MessageRow::uid));
        }
        return rows;
    }

    /** Like {@link #read}, and never from the cache: with the flags that an expunged message had at last. */
    public List<MessageRow> readStored(MailboxId mailbox, UidSet uids, Set<Detail> details) {
        String sql = statements.computeIfAbsent(Set.copyOf(details), Fetches::statement);
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                int at = 1;
                if (!details.isEmpty()) {
                    select.setLong(at++, mailbox.account().value());
                }
                select.setLong(at++, mailbox.account().value());
                select.setLong(at++, mailbox.value());
                // One by one and not as ranges: of an array the planner expects few members, and visits each by its
                // key.
                select.setObject(at, uids.toArray());
                try (ResultSet row = select.executeQuery()) {
                    var rows = new ArrayList<MessageRow>();
                    while (row.next()) {
                        rows.add(row(row, details));
                    }
                    return rows;
                }
            }
        });
    }

    private static String statement(Set<Detail> details) {
        var columns = new StringBuilder();
        for (Detail detail : Detail.values()) {
            if (details.contains(detail)) {
                columns.append(", ").append(detail.selected());
            }
        }
        String join = details.isEmpty() ? "" : "JOIN content c ON c.account_id = ? AND c.content_id = m.content_id";
        return """
                SELECT m.uid, m.content_id, m.size, m.internal_date, m.internal_offset, m.save_date, m.flags,
                       m.trace, m.keywords%s
                  FROM message m
                  %s
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid = ANY (?)
                 ORDER BY m.uid
                """.formatted(columns, join);
    }

    private static MessageRow row(ResultSet row, Set<Detail> details) throws SQLException {
        return new MessageRow(
                row.getLong(1),
                row.getLong(2),
                row.getLong(3),
                row.getObject(4, OffsetDateTime.class).toInstant(),
                row.getInt(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getInt(7),
                Keywords.read(row, "keywords"),
                trace(row),
                details.isEmpty() ? null : details(row, details));
    }

    private static byte[] trace(ResultSet row) throws SQLException {
        byte[] trace = row.getBytes(8);
        return trace == null ? NO_TRACE : trace;
    }

    private static Details details(ResultSet row, Set<Detail> details) throws SQLException {
        byte[] parts = bytes(row, details, Detail.PARTS);
        return new Details(
                bytes(row, details, Detail.ENVELOPE),
                bytes(row, details, Detail.BODY),
                bytes(row, details, Detail.BODY_STRUCTURE),
                bytes(row, details, Detail.COMMON_HEADER),
                bytes(row, details, Detail.PREVIEW),
                details.contains(Detail.THREAD) ? row.getLong(Detail.THREAD.column) : 0,
                parts == null ? null : MessagePart.fromBytes(parts));
    }

    private static byte @Nullable [] bytes(ResultSet row, Set<Detail> details, Detail detail) throws SQLException {
        return details.contains(detail) ? row.getBytes(detail.column) : null;
    }

    /**
     * {@return the parts of a content whose row came without them}
     *
     * @throws StorageException {@code EXPUNGED} when it is gone
     */
    public MessagePart parts(AccountId account, long content) {
        try (InputStream parts = openLarge(account, content, Detail.PARTS)) {
            return MessagePart.fromBytes(parts.readAllBytes());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** {@return how many bytes {@link #openLarge} gives} */
    public long largeLength(AccountId account, long content, Detail detail) {
        String sql = "SELECT " + detail.length + " FROM content WHERE account_id = ? AND content_id = ?";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, account.value());
                select.setLong(2, content);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        throw gone();
                    }
                    return row.getLong(1);
                }
            }
        });
    }

    /** {@return a detail in slices, no connection held in between} */
    public InputStream openLarge(AccountId account, long content, Detail detail) {
        return new SliceStream(account, content, detail, largeLength(account, content, detail));
    }

    /** Walks through a detail. */
    private final class SliceStream extends InputStream {
        private final AccountId account;
        private final long content;
        private final Detail detail;
        private final long length;
        private long position;
        private ByteArrayInputStream slice = new ByteArrayInputStream(new byte[0]);

        SliceStream(AccountId account, long content, Detail detail, long length) {
            this.account = account;
            this.content = content;
            this.detail = detail;
            this.length = length;
        }

        @Override
        public int read() {
            return next() ? slice.read() : -1;
        }

        @Override
        public int read(byte[] target, int offset, int count) {
            return next() ? slice.read(target, offset, count) : -1;
        }

        private boolean next() {
            if (slice.available() == 0 && position < length) {
                byte[] bytes = slice(account, content, detail, position);
                position += bytes.length;
                slice = new ByteArrayInputStream(bytes);
            }
            return slice.available() > 0;
        }
    }

    private byte[] slice(AccountId account, long content, Detail detail, long position) {
        String sql = "SELECT substr(" + detail.column + ", ?, ?) FROM content WHERE account_id = ? AND content_id = ?";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setInt(1, (int) position + 1);
                select.setInt(2, SLICE);
                select.setLong(3, account.value());
                select.setLong(4, content);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next() || row.getBytes(1).length == 0) {
                        throw gone();
                    }
                    return row.getBytes(1);
                }
            }
        });
    }

    private static StorageException gone() {
        return new StorageException(Reason.EXPUNGED, "some of these messages no longer exist");
    }
}
