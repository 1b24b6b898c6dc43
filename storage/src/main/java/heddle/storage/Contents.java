package heddle.storage;

import heddle.protocol.mime.MessageParser;
import heddle.protocol.mime.MessageSource;
import heddle.protocol.mime.MimeLimits;
import heddle.protocol.mime.ParsedMessage;
import heddle.storage.sql.Database;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/** Makes content and body of new messages: parsed once, in chunks, compressed where it shrinks. */
final class Contents {
    /** Bytes of a message in one row of {@code body}. */
    static final int CHUNK = 256 << 10;

    static final int RAW = 0;
    static final int ZSTD = 1;

    /** Parsing less than this takes less than a few milliseconds and needs no platform thread (DESIGN §3). */
    private static final long SMALL = 64 << 10;

    private static final int IDS_AT_ONCE = 1000;

    static final String INSERT_CONTENT = """
            INSERT INTO content (account_id, content_id, size, header_length, envelope_length, body_length,
                    body_structure_length, parts_length, sent_on, envelope, body, body_structure, parts, common_header,
                    subject, sender, recipients, copied, blind_copied, preview, thread, header_text,
                    header_text_truncated, body_text, body_text_truncated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;

    static final int CONTENT_PARAMETERS = 25;

    static final String INSERT_BODY =
            "INSERT INTO body (account_id, content_id, number, format, bytes) VALUES (?, ?, ?, ?, ?)\n";

    static final int BODY_PARAMETERS = 5;

    private final Database database;
    private final CpuPool cpu;
    private long nextId;
    private long lastId;

    Contents(Database database, CpuPool cpu) {
        this.database = database;
        this.cpu = cpu;
    }

    /** A message that is ready to be stored: everything but its bytes. */
    record Prepared(long id, long size, ParsedMessage parsed, byte[] parts, byte[] headerText, byte[] bodyText) {}

    /** One row of {@code body}. */
    record Chunk(int format, byte[] bytes) {}

    /** Takes a new content id and computes what is computed once. Holds no connection while it parses. */
    Prepared prepare(MessageSource source) throws IOException {
        long id = newId();
        return source.size() < SMALL ? prepare(id, source) : cpu.run(() -> prepare(id, source));
    }

    private static Prepared prepare(long id, MessageSource source) throws IOException {
        ParsedMessage parsed = MessageParser.parse(source, MimeLimits.DEFAULT);
        return new Prepared(
                id,
                source.size(),
                parsed,
                parsed.root().toBytes(),
                pack(parsed.search().headerText()),
                pack(parsed.search().bodyText()));
    }

    /** The smaller of both, told apart by the magic number of Zstandard, which no UTF-8 begins with. */
    private static byte[] pack(String text) {
        byte[] plain = text.getBytes(StandardCharsets.UTF_8);
        byte[] packed = Packing.pack(plain);
        return packed.length < plain.length ? packed : plain;
    }

    private synchronized long newId() {
        if (nextId == lastId) {
            nextId = database.run(connection -> {
                try (PreparedStatement next = connection.prepareStatement("SELECT nextval('content_id')");
                        ResultSet row = next.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            });
            lastId = nextId + IDS_AT_ONCE;
        }
        return nextId++;
    }

    /** Sets the parameters of {@link #INSERT_CONTENT} from {@code first} on. */
    static void bindContent(PreparedStatement statement, int first, AccountId account, Prepared prepared)
            throws SQLException {
        ParsedMessage parsed = prepared.parsed();
        ParsedMessage.Structure structure = parsed.structure();
        ParsedMessage.Text search = parsed.search();
        int at = first;
        statement.setLong(at++, account.value());
        statement.setLong(at++, prepared.id());
        statement.setLong(at++, prepared.size());
        statement.setLong(at++, parsed.root().header().length());
        statement.setInt(at++, structure.envelope().length);
        statement.setInt(at++, structure.body().length);
        statement.setInt(at++, structure.bodyStructure().length);
        statement.setInt(at++, prepared.parts().length);
        statement.setObject(at++, parsed.sentOn(), Types.DATE);
        statement.setBytes(at++, structure.envelope());
        statement.setBytes(at++, structure.body());
        statement.setBytes(at++, structure.bodyStructure());
        statement.setBytes(at++, prepared.parts());
        statement.setBytes(at++, structure.commonHeader());
        statement.setString(at++, search.fields().subject());
        statement.setString(at++, search.fields().from());
        statement.setString(at++, search.fields().to());
        statement.setString(at++, search.fields().cc());
        statement.setString(at++, search.fields().bcc());
        statement.setString(at++, parsed.preview());
        statement.setObject(at++, thread(parsed.threadRoot()), Types.BIGINT);
        statement.setBytes(at++, prepared.headerText());
        statement.setBoolean(at++, search.isHeaderTextTruncated());
        statement.setBytes(at++, prepared.bodyText());
        statement.setBoolean(at, search.isBodyTextTruncated());
    }

    /** {@return a number for the conversation that began with this message, the same wherever it is worked out} */
    private static @Nullable Long thread(@Nullable String root) {
        if (root == null) {
            return null;
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return ByteBuffer.wrap(digest.digest(root.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Sets the parameters of {@link #INSERT_BODY} from {@code first} on. */
    static void bindChunk(
            PreparedStatement statement, int first, AccountId account, long content, int number, Chunk chunk)
            throws SQLException {
        statement.setLong(first, account.value());
        statement.setLong(first + 1, content);
        statement.setInt(first + 2, number);
        statement.setInt(first + 3, chunk.format());
        statement.setBytes(first + 4, chunk.bytes());
    }

    /** Stores content and chunks; what was read of the source is never more than a chunk. */
    void insert(Connection connection, AccountId account, Prepared prepared, MessageSource source) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT_CONTENT)) {
            bindContent(insert, 1, account, prepared);
            insert.executeUpdate();
        }
        try (InputStream bytes = source.open();
                PreparedStatement insert = connection.prepareStatement(INSERT_BODY)) {
            int number = 0;
            for (Chunk chunk = read(bytes); chunk.bytes().length > 0 || number == 0; chunk = read(bytes)) {
                bindChunk(insert, 1, account, prepared.id(), number++, chunk);
                insert.executeUpdate();
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** {@return the next chunk of the message; an empty one at its end} */
    static Chunk read(InputStream bytes) throws IOException {
        byte[] plain = bytes.readNBytes(CHUNK);
        byte[] packed = Packing.pack(plain);
        return packed.length < plain.length ? new Chunk(ZSTD, packed) : new Chunk(RAW, plain);
    }
}
