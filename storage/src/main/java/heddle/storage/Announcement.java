package heddle.storage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What a pod tells the others in one notification: which mailboxes have changed, and how far they have come.
 *
 * @param pod who says it
 * @param since when the first of the changes waited to be announced, by the clock of that pod's {@link System#nanoTime}
 * @param mailboxes how far each has come, {@link #DELETED} for one that is gone; empty for "ask for all that you watch"
 */
record Announcement(long pod, long since, Map<MailboxId, Long> mailboxes) {
    /** Further than any mailbox comes. */
    static final long DELETED = Long.MAX_VALUE;

    /** So many mailboxes always fit: PostgreSQL takes less than 8000 octets, and each needs at most 60. */
    static final int MOST_MAILBOXES = 120;

    /** Three numbers of at most 19 digits, with what is between them. */
    String text() {
        var text = new StringJoiner(" ");
        text.add(Long.toHexString(pod)).add(Long.toString(since));
        mailboxes.forEach(
                (mailbox, reached) -> text.add(mailbox.account().value() + "." + mailbox.value() + "." + reached));
        return text.toString();
    }

    /** {@return what was said; empty when it is not understood, as may be from a pod of another version} */
    static Optional<Announcement> parse(String text) {
        List<String> words = List.of(text.split(" ", -1));
        try {
            var mailboxes = new LinkedHashMap<MailboxId, Long>();
            for (String word : words.subList(2, words.size())) {
                String[] numbers = word.split("\\.", -1);
                var mailbox = new MailboxId(new AccountId(Long.parseLong(numbers[0])), Long.parseLong(numbers[1]));
                mailboxes.put(mailbox, Long.parseLong(numbers[2]));
            }
            long pod = Long.parseUnsignedLong(words.getFirst(), 16);
            return Optional.of(new Announcement(pod, Long.parseLong(words.get(1)), mailboxes));
        } catch (IllegalArgumentException | IndexOutOfBoundsException unknown) {
            return Optional.empty();
        }
    }
}
