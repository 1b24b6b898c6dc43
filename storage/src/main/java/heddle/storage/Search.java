package heddle.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import heddle.protocol.Flag;
import heddle.protocol.UidSet;
import heddle.protocol.mime.MessagePart;
import heddle.protocol.mime.MessageSource;
import heddle.protocol.mime.MimeLimits;
import heddle.protocol.mime.SearchText;
import heddle.protocol.mime.TextSearch;
import heddle.storage.sql.Database;
import heddle.storage.sql.UidRanges;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.roaringbitmap.RoaringBitmap;

/**
 * Finds messages by what is stored of them (RFC 3501 §6.4.4). Each method answers one search key for some candidates;
 * flags, UIDs and logic are the caller's, who has them as sets. Expunged messages are found as long as they are kept.
 */
public final class Search {
    /** Messages whose texts are read at once, at most. */
    private static final int BATCH = 500;

    /** Bytes of packed texts that are read at once; one message's may be more. */
    private static final int TOGETHER = 4 << 20;

    private final Database database;
    private final Bodies bodies;
    private final Fetches fetches;
    private final CpuPool cpu;

    Search(Database database, Bodies bodies, Fetches fetches, CpuPool cpu) {
        this.database = database;
        this.bodies = bodies;
        this.fetches = fetches;
        this.cpu = cpu;
    }

    /** The header fields that have a search key of their own, with the column that holds their text. */
    public enum Field {
        SUBJECT("subject", "subject"),
        FROM("from", "sender"),
        TO("to", "recipients"),
        CC("cc", "copied"),
        BCC("bcc", "blind_copied");

        private final String header;
        private final String column;

        Field(String header, String column) {
            this.header = header;
            this.column = column;
        }
    }

    /** Sets the parameters of a condition. */
    @FunctionalInterface
    private interface Binder {
        void bind(PreparedStatement statement, int at) throws SQLException;
    }

    private UidSet matching(MailboxId mailbox, UidSet candidates, String join, String condition, Binder binder) {
        return find(mailbox, candidates, join, condition, "false", binder).uids;
    }

    /**
     * What the columns say.
     *
     * @param doubtful those of {@code uids} of which the columns do not say all
     */
    private record Found(UidSet uids, UidSet doubtful) {}

    /** Asks for the range that the candidates span, which is one visit to the key; others in it are sorted out here. */
    private Found find(
            MailboxId mailbox, UidSet candidates, String join, String condition, String doubt, Binder binder) {
        if (candidates.isEmpty()) {
            return new Found(candidates, candidates);
        }
        // Planned for these very values: a few messages are best visited by their keys, a whole mailbox is best read
        // through.
        String sql = """
                SELECT array_agg(m.uid) AS uids, array_agg(m.uid) FILTER (WHERE %s) AS doubtful
                  FROM message m
                  %s
                 WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid BETWEEN ? AND ? AND %s
                """.formatted(doubt, join, condition);
        return database.transaction(connection -> {
            try (PreparedStatement plan = connection.prepareStatement("SET LOCAL plan_cache_mode = force_custom_plan");
                    PreparedStatement select = connection.prepareStatement(sql)) {
                plan.execute();
                int at = 1;
                if (!join.isEmpty()) {
                    select.setLong(at++, mailbox.account().value());
                }
                select.setLong(at++, mailbox.account().value());
                select.setLong(at++, mailbox.value());
                select.setLong(at++, candidates.first());
                select.setLong(at++, candidates.last());
                binder.bind(select, at);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return new Found(
                            uids(row, "uids").and(candidates),
                            uids(row, "doubtful").and(candidates));
                }
            }
        });
    }

    private static UidSet uids(ResultSet row, String column) throws SQLException {
        Array uids = row.getArray(column);
        return uids == null ? UidSet.EMPTY : UidRanges.array(uids);
    }

    private static final String CONTENT = "JOIN content c ON c.account_id = ? AND c.content_id = m.content_id";

    /**
     * {@return those that carry this flag by their rows, which are kept for a while when they are expunged}
     *
     * @param keywords of the mailbox, by their numbers
     */
    public UidSet byFlag(MailboxId mailbox, UidSet candidates, Flag flag, List<Flag.Keyword> keywords) {
        return switch (flag) {
            case Flag.Standard standard ->
                matching(
                        mailbox, candidates, "", "m.flags & ? <> 0", (select, at) -> select.setInt(at, standard.bit()));
            case Flag.Keyword keyword ->
                matching(
                        mailbox,
                        candidates,
                        "",
                        "? = ANY (m.keywords)",
                        (select, at) -> select.setInt(at, keywords.indexOf(keyword)));
        };
    }

    /** {@return those whose RFC822.SIZE is more than {@code smallest} and less than {@code largest}} */
    public UidSet bySize(MailboxId mailbox, UidSet candidates, long smallest, long largest) {
        return matching(mailbox, candidates, "", "m.size > ? AND m.size < ?", (select, at) -> {
            select.setLong(at, smallest);
            select.setLong(at + 1, largest);
        });
    }

    /**
     * {@return those whose internal date, in the zone it was given in, lies on one of these days}
     *
     * @param from the first day
     * @param until the day after the last
     */
    public UidSet byInternalDate(MailboxId mailbox, UidSet candidates, LocalDate from, LocalDate until) {
        String local = "m.internal_date + m.internal_offset * interval '1 minute'";
        return matching(mailbox, candidates, "", local + " >= ? AND " + local + " < ?", (select, at) -> {
            select.setObject(at, from.atStartOfDay().atOffset(ZoneOffset.UTC));
            select.setObject(at + 1, until.atStartOfDay().atOffset(ZoneOffset.UTC));
        });
    }

    /**
     * {@return those that came into this mailbox on one of these days (RFC 8514 §4.3)}
     *
     * @param from the first day
     * @param until the day after the last
     */
    public UidSet bySaveDate(MailboxId mailbox, UidSet candidates, LocalDate from, LocalDate until) {
        return matching(mailbox, candidates, "", "m.save_date >= ? AND m.save_date < ?", (select, at) -> {
            select.setObject(at, from.atStartOfDay().atOffset(ZoneOffset.UTC));
            select.setObject(at + 1, until.atStartOfDay().atOffset(ZoneOffset.UTC));
        });
    }

    /** {@return those of this content (RFC 8474 EMAILID)} */
    public UidSet byContent(MailboxId mailbox, UidSet candidates, long content) {
        return matching(mailbox, candidates, "", "m.content_id = ?", (select, at) -> select.setLong(at, content));
    }

    /** {@return those of this conversation (RFC 8474 THREADID)} */
    public UidSet byThread(MailboxId mailbox, UidSet candidates, long thread) {
        return matching(
                mailbox,
                candidates,
                CONTENT,
                "coalesce(c.thread, c.content_id) = ?",
                (select, at) -> select.setLong(at, thread));
    }

    /** {@return those that came after {@code instant}, by their internal date (RFC 5032 YOUNGER)} */
    public UidSet younger(MailboxId mailbox, UidSet candidates, Instant instant) {
        return matching(
                mailbox,
                candidates,
                "",
                "m.internal_date >= ?",
                (select, at) -> select.setObject(at, instant.atOffset(ZoneOffset.UTC)));
    }

    /** {@return those whose Date: field, time and zone disregarded, names one of these days; {@code until} excluded} */
    public UidSet bySentDate(MailboxId mailbox, UidSet candidates, LocalDate from, LocalDate until) {
        return matching(mailbox, candidates, CONTENT, "c.sent_on >= ? AND c.sent_on < ?", (select, at) -> {
            select.setObject(at, from);
            select.setObject(at + 1, until);
        });
    }

    /** {@return those that have this text in this field} */
    public UidSet byField(MailboxId mailbox, UidSet candidates, Field field, String text) throws IOException {
        String needle = SearchText.normalize(text);
        Found found = find(
                mailbox,
                candidates,
                CONTENT,
                "(c.header_text_truncated OR strpos(c." + field.column + ", ?) > 0)",
                "c.header_text_truncated",
                (select, at) -> select.setString(at, needle));
        UidSet looked = scan(
                mailbox, found.doubtful, new Texts(false, false), texts -> texts.headerContains(field.header, needle));
        return found.uids.andNot(found.doubtful).or(looked);
    }

    /**
     * {@return those that have a header field of this name with this text in it}
     *
     * @param text empty when the field need only be there
     */
    public UidSet byHeader(MailboxId mailbox, UidSet candidates, String name, String text) throws IOException {
        String field = name.toLowerCase(Locale.ROOT);
        String needle = SearchText.normalize(text);
        String lineStart = latin1("\n" + field + ": ");
        String octets = latin1(needle);
        return scan(
                mailbox,
                candidates,
                new Texts(true, false),
                texts -> hasLine("\n" + texts.header(), lineStart, octets)
                        || texts.isHeaderTruncated() && texts.headerContains(field, needle));
    }

    private static boolean hasLine(String lines, String start, String needle) {
        for (int at = lines.indexOf(start); at >= 0; at = lines.indexOf(start, at + 1)) {
            int value = at + start.length();
            int end = lines.indexOf('\n', value);
            if (lines.substring(value, end < 0 ? lines.length() : end).contains(needle)) {
                return true;
            }
        }
        return false;
    }

    /** {@return a string with a character for each octet of the text's UTF-8} */
    private static String latin1(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }

    /** {@return those that have this text in a text part (SEARCH BODY)} */
    public UidSet byBody(MailboxId mailbox, UidSet candidates, String text) throws IOException {
        String needle = SearchText.normalize(text);
        String octets = latin1(needle);
        return scan(
                mailbox,
                candidates,
                new Texts(false, true),
                texts -> texts.body().contains(octets)
                        || texts.isBodyTruncated() && TextSearch.contains(texts.message(), texts.root(), needle));
    }

    /** {@return those that have this text in their header or in a text part (SEARCH TEXT)} */
    public UidSet byText(MailboxId mailbox, UidSet candidates, String text) throws IOException {
        String needle = SearchText.normalize(text);
        String octets = latin1(needle);
        return scan(
                mailbox,
                candidates,
                new Texts(true, true),
                texts -> texts.header().contains(octets)
                        || texts.body().contains(octets)
                        || texts.isHeaderTruncated() && texts.headerContains("", needle)
                        || texts.isBodyTruncated() && TextSearch.contains(texts.message(), texts.root(), needle));
    }

    /** Which texts a scan needs. */
    private record Texts(boolean header, boolean body) {}

    /** Decides for one message. */
    @FunctionalInterface
    private interface Match {
        boolean test(Candidate candidate) throws IOException;
    }

    /**
     * The packed texts of one message. They are searched as octets of UTF-8, as which a text is found exactly where it is
     * found as characters; a Latin-1 string is the fastest way to do that.
     */
    private final class Candidate {
        private final AccountId account;
        private final long uid;
        private final long content;
        private final long size;
        private final byte[] packedHeader;
        private final boolean isHeaderTruncated;
        private final byte[] packedBody;
        private final boolean isBodyTruncated;

        Candidate(AccountId account, ResultSet row) throws SQLException {
            this.account = account;
            uid = row.getLong("uid");
            content = row.getLong("content_id");
            size = row.getLong("size");
            packedHeader = row.getBytes("header_text");
            isHeaderTruncated = row.getBoolean("header_text_truncated");
            packedBody = row.getBytes("body_text");
            isBodyTruncated = row.getBoolean("body_text_truncated");
        }

        String header() {
            return new String(Bodies.unpackText(packedHeader), ISO_8859_1);
        }

        String body() {
            return new String(Bodies.unpackText(packedBody), ISO_8859_1);
        }

        boolean isHeaderTruncated() {
            return isHeaderTruncated;
        }

        boolean isBodyTruncated() {
            return isBodyTruncated;
        }

        /** Looks into the message itself, as {@link TextSearch#headerContains}. */
        boolean headerContains(String field, String needle) throws IOException {
            return TextSearch.headerContains(message(), root(), field, needle, MimeLimits.DEFAULT);
        }

        MessagePart root() {
            return fetches.parts(account, content);
        }

        MessageSource message() {
            return new MessageSource() {
                @Override
                public long size() {
                    return size;
                }

                @Override
                public InputStream open() {
                    return bodies.open(account, content, 0, size);
                }
            };
        }
    }

    /**
     * Reads the candidates' texts batch by batch and looks into them on a platform thread; the next batch is read
     * meanwhile.
     */
    private UidSet scan(MailboxId mailbox, UidSet candidates, Texts wanted, Match match) throws IOException {
        var found = new RoaringBitmap();
        UidSet rest = candidates;
        List<Candidate> batch = List.of();
        while (!rest.isEmpty() || !batch.isEmpty()) {
            UidSet next = rest.isEmpty() ? rest : rest.between(1, rest.select(Math.min(BATCH, rest.size())));
            List<Candidate> texts = batch;
            CpuPool.Running looking = cpu.start(() -> look(texts, match, found));
            try {
                batch = next.isEmpty() ? List.of() : read(mailbox, next, wanted);
            } finally {
                looking.await();
            }
            boolean isCut = !batch.isEmpty() && batch.size() < next.size();
            rest = rest.andNot(isCut ? next.between(1, batch.getLast().uid) : next);
        }
        return UidSet.of(found);
    }

    private static void look(List<Candidate> texts, Match match, RoaringBitmap found) throws IOException {
        for (Candidate candidate : texts) {
            if (match.test(candidate)) {
                found.add((int) candidate.uid);
            }
        }
    }

    /** Reads the first of these messages, until their texts are enough for once; lengths are known without the texts. */
    private List<Candidate> read(MailboxId mailbox, UidSet batch, Texts wanted) {
        String sql = """
                SELECT *
                  FROM (SELECT *, sum(length(header_text) + length(body_text))
                                  OVER (ORDER BY uid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                          FROM (SELECT m.uid, m.content_id, c.size, c.header_text_truncated, c.body_text_truncated,
                                       %s AS header_text, %s AS body_text
                                  FROM message m
                                  JOIN content c ON c.account_id = ? AND c.content_id = m.content_id
                                 WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid = ANY (?)) texts) added
                 WHERE before IS NULL OR before < %d
                 ORDER BY uid
                """.formatted(
                wanted.header ? "c.header_text" : "''::bytea", wanted.body ? "c.body_text" : "''::bytea", TOGETHER);
        return database.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setLong(1, mailbox.account().value());
                select.setLong(2, mailbox.account().value());
                select.setLong(3, mailbox.value());
                select.setObject(4, batch.toArray());
                try (ResultSet row = select.executeQuery()) {
                    var all = new ArrayList<Candidate>();
                    while (row.next()) {
                        all.add(new Candidate(mailbox.account(), row));
                    }
                    return all;
                }
            }
        });
    }
}
