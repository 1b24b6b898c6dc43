package heddle.server.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A mailbox as one session was told of it: what is at which sequence number. */
final class View {
    private static final Pattern COUNT = Pattern.compile("\\* ([0-9]+) (EXISTS|EXPUNGE)");
    private static final Pattern FETCH = Pattern.compile("(?s)\\* ([0-9]+) FETCH \\((.*)\\)");
    private static final Pattern UID = Pattern.compile("^(?:.* )?UID ([0-9]+)");
    private static final Pattern FLAGS = Pattern.compile("FLAGS \\(([^)]*)\\)");
    private static final Pattern MODSEQ = Pattern.compile("MODSEQ \\(([0-9]+)\\)");
    private static final Pattern VANISHED = Pattern.compile("\\* VANISHED (\\(EARLIER\\) )?([0-9:,]+)");
    private static final Pattern HIGHESTMODSEQ = Pattern.compile("(?:\\* )?OK \\[HIGHESTMODSEQ ([0-9]+)]");
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
        /** Of these flags; 0 when it is not known. */
        long modSeq;
        /** The number of the response that told its flags last. */
        long toldAt;

        boolean isKnown() {
            return uid != 0 && id != null && flags != null;
        }

        Message copy() {
            var copy = new Message();
            copy.uid = uid;
            copy.id = id;
            copy.flags = flags;
            copy.modSeq = modSeq;
            return copy;
        }
    }

    private final Dialect dialect;
    private final String name;
    private final long validity;
    private final long uidNext;
    private final int selected;
    private final List<Message> messages = new ArrayList<>();
    private int left;
    private long told;
    private @Nullable Message lastTold;
    private long highestModSeq;
    private long largestModSeq;

    /** 0 when there was none since the last tagged response. */
    private long highestModSeqTold;

    /**
     * @param exists how many messages SELECT told
     * @param uidNext what it told of those that come later
     */
    View(Dialect dialect, String name, long validity, int exists, long uidNext) {
        this.dialect = dialect;
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

    /** {@return the message of which the last response told both flags and modseq; null when it did not} */
    @Nullable
    Message lastTold() {
        return lastTold;
    }

    /** {@return up to where the client knows all that has changed (RFC 7162 §6)} */
    long highestModSeq() {
        return highestModSeq;
    }

    /** {@return the number of the last message before the first of which something is not known} */
    int knownUpTo() {
        int number = 0;
        while (number < messages.size() && messages.get(number).isKnown()) {
            number++;
        }
        return number;
    }

    /** {@return the sequence numbers of these messages} */
    Set<Long> numbers(Set<Long> uids) {
        return IntStream.rangeClosed(1, messages.size())
                .filter(number -> uids.contains(messages.get(number - 1).uid))
                .mapToObj(Long::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** {@return what can be remembered of the messages} */
    List<Message> known() {
        return messages.subList(0, knownUpTo()).stream().map(Message::copy).toList();
    }

    /**
     * The client has just selected, and still knows these messages, which are the first ones.
     *
     * @return what is wrong; null when nothing is
     */
    @Nullable
    String recall(List<Message> known) {
        if (known.size() > messages.size()) {
            return "of " + known.size() + " messages that it knew none are said to be gone, but there are "
                    + messages.size();
        }
        for (int i = 0; i < known.size(); i++) {
            messages.set(i, known.get(i).copy());
        }
        return null;
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
        lastTold = null;
        Matcher count = COUNT.matcher(response);
        if (count.matches()) {
            int number = Integer.parseInt(count.group(1));
            return count.group(2).equals("EXISTS") ? exists(number) : expunge(number, expunges);
        }
        Matcher vanished = VANISHED.matcher(response);
        if (vanished.matches()) {
            Set<Long> uids = Uids.parse(vanished.group(2));
            return vanished.group(1) == null ? vanished(uids, expunges) : vanishedEarlier(uids);
        }
        noteHighestModSeq(response);
        Matcher fetch = FETCH.matcher(response);
        return fetch.matches() ? fetch(Integer.parseInt(fetch.group(1)), fetch.group(2)) : null;
    }

    private void noteHighestModSeq(String response) {
        Matcher highest = HIGHESTMODSEQ.matcher(response);
        if (highest.lookingAt()) {
            highestModSeqTold = Long.parseLong(highest.group(1));
        }
    }

    /** A command is over: only now the client knows how far it was told, and a code counts more than all modseqs. */
    void completed(String tagged) {
        noteHighestModSeq(tagged);
        highestModSeq = highestModSeqTold == 0 ? Math.max(highestModSeq, largestModSeq) : highestModSeqTold;
        highestModSeqTold = 0;
        largestModSeq = 0;
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
        if (dialect.resyncs()) {
            return "EXPUNGE after ENABLE QRESYNC";
        }
        if (number < 1 || number > messages.size()) {
            return "EXPUNGE of a message that is not there: there are " + messages.size();
        }
        remove(number);
        return null;
    }

    private void remove(int number) {
        if (!isLater(number)) {
            left++;
        }
        messages.remove(number - 1);
    }

    private @Nullable String vanished(Set<Long> uids, Expunges expunges) {
        if (expunges == Expunges.FORBIDDEN) {
            return "VANISHED in a command whose sequence numbers it would change";
        }
        if (!dialect.resyncs()) {
            return "VANISHED without ENABLE QRESYNC";
        }
        for (long uid : uids) {
            int number = number(uid);
            if (number == 0) {
                return "VANISHED of UID " + uid + ", which is not there";
            }
            remove(number);
        }
        return null;
    }

    /** {@return where the message is, or the first one that may be it, because its UID was not told; 0 for nowhere} */
    private int number(long uid) {
        int unknown = 0;
        for (int i = 0; i < messages.size(); i++) {
            long each = messages.get(i).uid;
            if (each == uid) {
                return i + 1;
            } else if (each > uid) {
                return unknown;
            } else if (each != 0) {
                unknown = 0;
            } else if (unknown == 0 && isLater(i + 1) == (uid >= uidNext)) {
                unknown = i + 1;
            }
        }
        return unknown;
    }

    /** Whether the message of this number came after SELECT. */
    private boolean isLater(int number) {
        return number > selected - left;
    }

    private @Nullable String vanishedEarlier(Set<Long> uids) {
        if (!dialect.resyncs()) {
            return "VANISHED without ENABLE QRESYNC";
        }
        return messages.stream().anyMatch(message -> uids.contains(message.uid))
                ? "VANISHED (EARLIER) of a message that is there"
                : null;
    }

    private @Nullable String fetch(int number, String items) {
        if (number < 1 || number > messages.size()) {
            return "FETCH of a message that is not there: there are " + messages.size();
        }
        Message message = messages.get(number - 1);
        Matcher modSeq = MODSEQ.matcher(items);
        boolean hasModSeq = modSeq.find();
        if (hasModSeq) {
            message.modSeq = Long.parseLong(modSeq.group(1));
            largestModSeq = Math.max(largestModSeq, message.modSeq);
        }
        Matcher flags = FLAGS.matcher(items);
        if (flags.find()) {
            message.flags = flags(flags.group(1));
            message.toldAt = told;
            if (hasModSeq != dialect.hasModSeqs()) {
                return hasModSeq ? "MODSEQ without CONDSTORE" : "FLAGS without MODSEQ";
            }
            lastTold = hasModSeq ? message : null;
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
        if (isLater(number) && uid < uidNext) {
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
            if (mine.modSeq != 0 && mine.modSeq != other.modSeq) {
                return "message " + (i + 1) + " (UID " + other.uid + ") has MODSEQ " + mine.modSeq + " here and "
                        + other.modSeq + " elsewhere";
            }
        }
        return messages.size() == truth.size()
                ? null
                : messages.size() + " messages here, " + truth.size() + " elsewhere";
    }
}
