package heddle.protocol.mime;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Gathers the header fields of a message as {@link SearchText}, and the date. */
final class HeaderTexts {
    private final TextBuffer all;
    private final TextNormalizer normalizer;
    private final StringBuilder subject = new StringBuilder();
    private final StringBuilder from = new StringBuilder();
    private final StringBuilder to = new StringBuilder();
    private final StringBuilder cc = new StringBuilder();
    private final StringBuilder bcc = new StringBuilder();
    private @Nullable LocalDate sentOn;
    private boolean hasDate;

    /** @param limit octets of all fields together, in UTF-8 */
    HeaderTexts(int limit) {
        this.all = new TextBuffer(limit, 1024);
        this.normalizer = new TextNormalizer(all);
    }

    /**
     * @param name in lower case
     * @param start of the value, behind the colon
     */
    void add(String name, byte[] field, int start, int end) {
        String value = HeaderValue.decode(HeaderValue.unfold(field, start, end));
        if (name.equals("date") && !hasDate) {
            hasDate = true;
            sentOn = SentDate.parse(value);
        }
        all.append(name);
        all.append(": ");
        int before = all.length();
        char[] text = value.toCharArray();
        normalizer.accept(text, 0, text.length);
        normalizer.end();
        StringBuilder occurrences =
                switch (name) {
                    case "subject" -> subject;
                    case "from" -> from;
                    case "to" -> to;
                    case "cc" -> cc;
                    case "bcc" -> bcc;
                    default -> null;
                };
        if (occurrences != null) {
            occurrences.append(occurrences.isEmpty() ? "" : "\n").append(all.from(before));
        }
        all.append("\n");
    }

    SearchFields fields() {
        return new SearchFields(subject.toString(), from.toString(), to.toString(), cc.toString(), bcc.toString());
    }

    String headerText() {
        return all.toString();
    }

    boolean isTruncated() {
        return all.isTruncated();
    }

    @Nullable
    LocalDate sentOn() {
        return sentOn;
    }
}
