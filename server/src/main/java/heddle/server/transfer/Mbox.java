package heddle.server.transfer;

import heddle.protocol.Flag;
import heddle.protocol.Flag.Standard;
import heddle.protocol.MailboxName;
import heddle.server.spool.SpooledMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of messages, each behind a line {@code From sender date} (RFC 4155). In the body of a message such lines begin
 * with {@code >}, one of which is taken away again. A line counts as a separator when a blank line or nothing is before it
 * and a date is in it. Flags are in the header fields Status, X-Status and X-Keywords, which stay where they are.
 */
final class Mbox {
    private static final int BUFFER = 64 << 10;
    private static final byte[] FROM = "From ".getBytes(StandardCharsets.US_ASCII);
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

    private static final Pattern SEPARATOR = Pattern.compile("[ ,]+");

    /** As {@code asctime} writes it, with a zone before or after the year here and there. */
    private static final Pattern DATE = Pattern.compile(
            "(?<month>[A-Z][a-z]{2}) +(?<day>\\d{1,2}) +(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2}))?"
                    + "(?: +(?:[A-Z]{1,5}|(?<zone>[+-]\\d{4})))? +(?<year>\\d{4})(?: +(?<after>[+-]\\d{4}))?");

    private final InputStream in;
    private final Importer importer;
    private final Progress progress;
    private final long size;
    private long position;
    private long messages;

    private final byte[] buffer = new byte[BUFFER];
    private int limit;

    /** Where in the buffer the line is, its end included, or a piece of a line that is longer than the buffer. */
    private int start;

    private int end;
    private boolean atLineStart = true;
    private boolean afterBlank = true;

    private @Nullable SpooledMessage spooled;
    private @Nullable OutputStream message;
    private @Nullable OffsetDateTime date;
    private final Set<Flag> flags = new HashSet<>();
    private boolean isInHeader;

    /** A blank line that ends the message unless more of it follows. */
    private byte[] heldBlank = new byte[0];

    private Mbox(InputStream in, long size, Importer importer, Progress progress) {
        this.in = in;
        this.size = size;
        this.importer = importer;
        this.progress = progress;
    }

    /**
     * Adds all messages of the file.
     *
     * @throws IOException in words for people, when it is not an mbox file
     */
    static void read(Path file, MailboxName mailbox, Importer importer, Progress progress) throws IOException {
        importer.into(mailbox);
        try (InputStream in = Files.newInputStream(file)) {
            new Mbox(in, Math.max(1, Files.size(file)), importer, progress).readAll(file);
        }
        importer.flush();
    }

    private void readAll(Path file) throws IOException {
        while (next()) {
            Optional<OffsetDateTime> separator = atLineStart && afterBlank ? separator() : Optional.empty();
            if (separator.isPresent()) {
                endMessage();
                begin(separator.get());
            } else if (spooled != null) {
                add();
            } else if (!isBlank()) {
                throw new IOException(file + " is not an mbox file: it does not begin with a line From sender date");
            }
            boolean ended = buffer[end - 1] == '\n';
            afterBlank = atLineStart && isBlank();
            atLineStart = ended;
        }
        endMessage();
    }

    /** Goes to the next line, or to as much of it as goes into the buffer; false when there is none. */
    private boolean next() throws IOException {
        start = end;
        while (true) {
            while (end < limit) {
                if (buffer[end++] == '\n') {
                    return advance();
                }
            }
            System.arraycopy(buffer, start, buffer, 0, limit - start);
            limit -= start;
            end = limit;
            start = 0;
            int count = limit == BUFFER ? -1 : in.read(buffer, limit, BUFFER - limit);
            if (count < 0) {
                return advance();
            }
            limit += count;
        }
    }

    private boolean advance() {
        position += end - start;
        return end > start;
    }

    private boolean isBlank() {
        return end - start == 1 && buffer[start] == '\n'
                || end - start == 2 && buffer[start] == '\r' && buffer[start + 1] == '\n';
    }

    private boolean startsWithFrom(int at) {
        return end - at >= FROM.length && Arrays.equals(buffer, at, at + FROM.length, FROM, 0, FROM.length);
    }

    private String text() {
        return new String(buffer, start, end - start, StandardCharsets.ISO_8859_1).stripTrailing();
    }

    private Optional<OffsetDateTime> separator() {
        return startsWithFrom(start) ? date(text()) : Optional.empty();
    }

    /** {@return the date in a separator; UTC where no zone is given (RFC 4155)} */
    static Optional<OffsetDateTime> date(String separator) {
        Matcher found = DATE.matcher(separator);
        if (!found.find()) {
            return Optional.empty();
        }
        try {
            String zone = Objects.requireNonNullElse(
                    found.group("zone"), Objects.requireNonNullElse(found.group("after"), "+0000"));
            return Optional.of(OffsetDateTime.of(
                    number(found, "year"),
                    MONTHS.indexOf(group(found, "month").toLowerCase(Locale.ROOT)) + 1,
                    number(found, "day"),
                    number(found, "hour"),
                    number(found, "minute"),
                    found.group("second") == null ? 0 : Math.min(59, number(found, "second")),
                    0,
                    ZoneOffset.of(zone)));
        } catch (DateTimeException notADate) {
            return Optional.empty();
        }
    }

    private static String group(Matcher found, String name) {
        return Objects.requireNonNull(found.group(name));
    }

    private static int number(Matcher found, String name) {
        return Integer.parseInt(group(found, name));
    }

    private void begin(OffsetDateTime received) {
        date = received;
        flags.clear();
        isInHeader = true;
        SpooledMessage next = importer.newMessage();
        spooled = next;
        message = new LineEnds.ToMail(next);
    }

    private void add() throws IOException {
        OutputStream to = Objects.requireNonNull(message);
        to.write(heldBlank);
        heldBlank = new byte[0];
        if (atLineStart && isBlank()) {
            isInHeader = false;
            heldBlank = Arrays.copyOfRange(buffer, start, end);
            return;
        }
        if (isInHeader && atLineStart) {
            addFlags(text());
        }
        int quote = start;
        while (atLineStart && quote < end && buffer[quote] == '>') {
            quote++;
        }
        int from = quote > start && startsWithFrom(quote) ? start + 1 : start;
        to.write(buffer, from, end - from);
    }

    private void endMessage() throws IOException {
        if (spooled != null) {
            importer.add(spooled, flags, date);
            spooled = null;
            progress.report(++messages, (double) position / size);
        }
        heldBlank = new byte[0];
    }

    private void addFlags(String field) {
        int colon = field.indexOf(':');
        String value = field.substring(colon + 1).strip();
        switch (colon < 0 ? "" : field.substring(0, colon).toLowerCase(Locale.ROOT)) {
            case "status" -> addIf(value, 'R', Standard.SEEN);
            case "x-status" -> {
                addIf(value, 'A', Standard.ANSWERED);
                addIf(value, 'F', Standard.FLAGGED);
                addIf(value, 'D', Standard.DELETED);
                addIf(value, 'T', Standard.DRAFT);
            }
            case "x-keywords" ->
                SEPARATOR.splitAsStream(value).forEach(word -> FlagLetters.keyword(word)
                        .ifPresent(flags::add));
            default -> {}
        }
    }

    private void addIf(String letters, char letter, Flag flag) {
        if (letters.indexOf(letter) >= 0) {
            flags.add(flag);
        }
    }
}
