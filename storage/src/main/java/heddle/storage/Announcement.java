package heddle.storage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What a pod tells the others in one notification: which mailboxes, and which lists of them, have changed, and how far
 * they have come.
 *
 * @param pod who says it
 * @param since when the first of the changes waited to be announced, by the clock of that pod's {@link System#nanoTime}
 * @param topics how far each has come, {@link #DELETED} for one that is gone; empty for "ask for all that you watch"
 */
record Announcement(long pod, long since, Map<Topic, Long> topics) {
    /** Further than anything comes. */
    static final long DELETED = Long.MAX_VALUE;

    /** So many topics always fit: PostgreSQL takes less than 8000 octets, and each needs at most 60. */
    static final int MOST_TOPICS = 120;

    /** Numbers of at most 19 digits, with what is between them: three for a mailbox, two for an account's list. */
    String text() {
        var text = new StringJoiner(" ");
        text.add(Long.toHexString(pod)).add(Long.toString(since));
        topics.forEach((topic, reached) -> {
            switch (topic) {
                case MailboxId mailbox -> text.add(mailbox.account().value() + "." + mailbox.value() + "." + reached);
                case AccountId list -> text.add(list.value() + "." + reached);
            }
        });
        return text.toString();
    }

    /** {@return what was said; empty when it is not understood, as may be from a pod of another version} */
    static Optional<Announcement> parse(String text) {
        List<String> words = List.of(text.split(" ", -1));
        try {
            var topics = new LinkedHashMap<Topic, Long>();
            for (String word : words.subList(2, words.size())) {
                String[] numbers = word.split("\\.", -1);
                var account = new AccountId(Long.parseLong(numbers[0]));
                Topic topic = numbers.length == 2 ? account : new MailboxId(account, Long.parseLong(numbers[1]));
                topics.put(topic, Long.parseLong(numbers[numbers.length - 1]));
            }
            long pod = Long.parseUnsignedLong(words.getFirst(), 16);
            return Optional.of(new Announcement(pod, Long.parseLong(words.get(1)), topics));
        } catch (IllegalArgumentException | IndexOutOfBoundsException unknown) {
            return Optional.empty();
        }
    }
}
