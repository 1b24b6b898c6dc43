package heddle.server.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A mailbox as one session was told of it: what is at which sequence number. */
final class View {
    private static final Pattern COUNT = Pattern.compile("\\* ([0-9]+) (EXISTS|EXPUNGE)");
    private static final Pattern FETCH = Pattern.compile("(?s)\\* ([0-9]+) FETCH \\((.*)\\)");
    private static final Pattern UID = Pattern.compile("^(?:.* )?UID ([0-9]+)");
    private static final Pattern FLAGS = Pattern.compile("FLAGS \\(([^)]*)\\)");
    private static final Pattern SUBJECT = Pattern.compile("\r\nSubject: (\\S+)\r\n");

    /** Whether the command under way lets the server say EXPUNGE (RFC 3501 §7.4.1). */
    enum Expunges {
        ALLOWED,
        FORBIDDEN
    }

    /** A message, as far as it is known. */
    static final class Message {
        long uid;

        @Nullable
        String id;

        @Nullable
        Set<String> flags;
        /** The number of the response that told its flags last. */
        long toldAt;

        boolean isKnown() {
            return uid != 0 && id != null && flags != null;
        }
    }

    private final String name;
    private final long validity;
    private final long uidNext;
    private final int selected;
    private final List<Message> messages = new ArrayList<>();
    private int left;
    private long told;

    /**
     * @param exists how many messages SELECT told
     * @param uidNext what it told of those that come later
     */
    View(String name, long validity, int exists, long uidNext) {
        this.name = name;
        this.validity = validity;
        this.uidNext = uidNext;
        selected = exists;
        grow(exists);
    }

    String name() {
        return name;
    }

    long validity() {
        return validity;
    }

    List<Message> messages() {
        return messages;
    }

    /** {@return a number that rises with every response} */
    long told() {
        return told;
    }

    private void grow(int exists) {
        while (messages.size() < exists) {
            messages.add(new Message());
        }
    }

    /** {@return what is wrong with this untagged response; null when nothing is} */
    @Nullable
    String apply(String response, Expunges expunges) {
        told++;
        Matcher count = COUNT.matcher(response);
        if (count.matches()) {
            int number = Integer.parseInt(count.group(1));
            return count.group(2).equals("EXISTS") ? exists(number) : expunge(number, expunges);
        }
        Matcher fetch = FETCH.matcher(response);
        return fetch.matches() ? fetch(Integer.parseInt(fetch.group(1)), fetch.group(2)) : null;
    }

    private @Nullable String exists(int number) {
        if (number < messages.size()) {
            return "EXISTS says fewer than the " + messages.size() + " there were";
        }
        grow(number);
        return null;
    }

    private @Nullable String expunge(int number, Expunges expunges) {
        if (expunges == Expunges.FORBIDDEN) {
            return "EXPUNGE in a command whose sequence numbers it would change";
        }
        if (number < 1 || number > messages.size()) {
            return "EXPUNGE of a message that is not there: there are " + messages.size();
        }
        if (number <= selected - left) {
            left++;
        }
        messages.remove(number - 1);
        return null;
    }

    private @Nullable String fetch(int number, String items) {
        if (number < 1 || number > messages.size()) {
            return "FETCH of a message that is not there: there are " + messages.size();
        }
        Message message = messages.get(number - 1);
        Matcher flags = FLAGS.matcher(items);
        if (flags.find()) {
            message.flags = flags(flags.group(1));
            message.toldAt = told;
        }
        Matcher subject = SUBJECT.matcher(items);
        if (subject.find()) {
            message.id = subject.group(1);
        }
        Matcher uid = UID.matcher(items.lines().findFirst().orElse(""));
        return uid.find() ? uid(number, message, Long.parseLong(uid.group(1))) : null;
    }

    /** UIDs rise with sequence numbers, stay, and are at least UIDNEXT for what came after SELECT. */
    private @Nullable String uid(int number, Message message, long uid) {
        if (message.uid != 0 && message.uid != uid) {
            return "message " + number + " had UID " + message.uid;
        }
        message.uid = uid;
        for (int i = 0; i < messages.size(); i++) {
            long other = messages.get(i).uid;
            if (other != 0 && Integer.compare(i, number - 1) != Long.compare(other, uid)) {
                return "UID " + uid + " is at " + number + ", but UID " + other + " at " + (i + 1);
            }
        }
        if (number > selected - left && uid < uidNext) {
            return "UID " + uid + " came after SELECT had told UIDNEXT " + uidNext;
        }
        return null;
    }

    /** {@return the flags, without the one that each session sees differently} */
    static Set<String> flags(String text) {
        return Set.of(text.split(" ", -1)).stream()
                .filter(flag -> !flag.isEmpty() && !flag.equals("\\Recent"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** {@return the first way in which this is not what another session sees; null when it may be the same} */
    @Nullable
    String difference(List<Message> truth) {
        for (int i = 0; i < Math.min(messages.size(), truth.size()); i++) {
            Message mine = messages.get(i);
            Message other = truth.get(i);
            if (mine.uid != 0 && mine.uid != other.uid) {
                return "message " + (i + 1) + " has UID " + mine.uid + " here and " + other.uid + " elsewhere";
            }
            if (mine.flags != null && !mine.flags.equals(other.flags)) {
                return "message " + (i + 1) + " (UID " + other.uid + ") has flags " + mine.flags + " here and "
                        + other.flags + " elsewhere";
            }
        }
        return messages.size() == truth.size()
                ? null
                : messages.size() + " messages here, " + truth.size() + " elsewhere";
    }
}
