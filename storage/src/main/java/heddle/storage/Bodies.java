package heddle.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.storage.Contents.Chunk;
import heddle.storage.sql.Database;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of messages: only the chunks that are asked for, a few at a time, no connection held in between. */
public final class Bodies {
    /** Chunks read in one query: no more of a message is ever in memory. */
    private static final int CHUNKS_AT_ONCE = 4;

    /** Names a content. */
    private record Key(long account, long content) {}

    private final Database database;
    private final Cache<Key, Chunk> cache;

    /** @param cacheBytes how much memory may be spent on small bodies that were read lately, as they are stored */
    Bodies(Database database, long cacheBytes) {
        this.database = database;
        cache = Caffeine.newBuilder()
                .maximumWeight(cacheBytes)
                .weigher((Key key, Chunk chunk) -> chunk.bytes().length + 100)
                .build();
    }

    /**
     * {@return the bytes of a content from {@code offset} on} Failures of the database while reading are {@link
     * StorageException}s.
     *
     * @param length how many, at most to the content's end
     */
    public InputStream open(AccountId account, long content, long offset, long length) {
        return new ChunkStream(account, content, offset, length);
    }

    /** {@return whole contents of one chunk each, by content id, in one query; those that are not there are left out} */
    public Map<Long, byte[]> readSmall(AccountId account, List<Long> contents) {
        var small = new HashMap<Long, byte[]>();
        var missing = new ArrayList<Long>();
        for (Long content : contents) {
            Chunk known = cache.getIfPresent(new Key(account.value(), content));
            if (known == null) {
                missing.add(content);
            } else {
                small.put(content, unpack(known));
            }
        }
        if (!missing.isEmpty()) {
            for (Map.Entry<Long, Chunk> read : readStored(account, missing).entrySet()) {
                small.put(read.getKey(), unpack(read.getValue()));
                cache.put(new Key(account.value(), read.getKey()), read.getValue());
            }
        }
        return small;
    }

    private Map<Long, Chunk> readStored(AccountId account, List<Long> contents) {
        String sql =
                "SELECT content_id, format, bytes FROM body WHERE account_id = ? AND content_id = ANY (?) AND number = 0";
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, account.value());
                select.setObject(2, contents.stream().mapToLong(Long::longValue).toArray());
                try (ResultSet row = select.executeQuery()) {
                    var read = new HashMap<Long, Chunk>();
                    while (row.next()) {
                        read.put(row.getLong(1), new Chunk(row.getInt(2), row.getBytes(3)));
                    }
                    return read;
                }
            }
        });
    }

    private List<byte[]> chunks(AccountId account, long content, int first, int last) {
        String sql = """
                SELECT format, bytes
                  FROM body
                 WHERE account_id = ? AND content_id = ? AND number BETWEEN ? AND ?
                 ORDER BY number
                """;
        return database.run(connection -> chunks(connection, sql, account, content, first, last));
    }

    private static List<byte[]> chunks(
            Connection connection, String sql, AccountId account, long content, int first, int last)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, account.value());
            select.setLong(2, content);
            select.setInt(3, first);
            select.setInt(4, last);
            try (ResultSet row = select.executeQuery()) {
                var chunks = new ArrayList<byte[]>();
                while (row.next()) {
                    chunks.add(unpack(new Chunk(row.getInt(1), row.getBytes(2))));
                }
                return chunks;
            }
        }
    }

    private static byte[] unpack(Chunk chunk) {
        return chunk.format() == Contents.ZSTD
                ? Packing.unpack(chunk.bytes())
                : chunk.bytes().clone();
    }

    /** {@return the text that {@link Contents} packed} */
    static byte[] unpackText(byte[] packed) {
        boolean isPacked = packed.length > 4 && packed[0] == 0x28 && packed[1] == (byte) 0xB5;
        return isPacked ? Packing.unpack(packed) : packed;
    }

    /** Walks through the chunks. */
    private final class ChunkStream extends InputStream {
        private final AccountId account;
        private final long content;
        private long position;
        private final long end;
        private List<byte[]> chunks = List.of();
        private int firstChunk;

        ChunkStream(AccountId account, long content, long offset, long length) {
            this.account = account;
            this.content = content;
            position = offset;
            end = offset + length;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            if (position >= end) {
                return -1;
            }
            byte @Nullable [] chunk = chunk((int) (position / Contents.CHUNK));
            int at = (int) (position % Contents.CHUNK);
            if (chunk == null || at >= chunk.length) {
                throw new IOException("the body of content " + content + " ends at " + position + ", before " + end);
            }
            int count = (int) Math.min(Math.min(length, chunk.length - at), end - position);
            System.arraycopy(chunk, at, target, offset, count);
            position += count;
            return count;
        }

        private byte @Nullable [] chunk(int number) {
            if (number < firstChunk || number >= firstChunk + chunks.size()) {
                int last = (int) Math.min((end - 1) / Contents.CHUNK, number + CHUNKS_AT_ONCE - 1L);
                chunks = List.of(); // let go of the old ones before the new ones come
                chunks = Bodies.this.chunks(account, content, number, last);
                firstChunk = number;
            }
            return chunks.isEmpty() ? null : chunks.get(number - firstChunk);
        }
    }
}
