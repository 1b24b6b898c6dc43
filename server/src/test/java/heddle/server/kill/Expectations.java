package heddle.server.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the clients were told. Each message belongs to one client, which alone changes what is expected of it. */
final class Expectations {
    private final Map<String, Message> messages = new ConcurrentHashMap<>();
    private final Map<String, String> holders = new ConcurrentHashMap<>();

    /**
     * Where a message is.
     *
     * @param uid null when no answer has told it
     * @param flag the one flag it has, empty for none
     */
    record Place(String mailbox, @Nullable Long uid, String flag) {
        /** Whether a message that was found at the other place is where this one says. */
        boolean fits(Place found) {
            return mailbox.equals(found.mailbox) && flag.equals(found.flag) && (uid == null || uid.equals(found.uid));
        }
    }

    /** A message and where it may be: one place when all was acknowledged; null stands for nowhere. */
    static final class Message {
        private final String id;
        private volatile List<@Nullable Place> places;

        private Message(String id, List<@Nullable Place> places) {
            this.id = id;
            this.places = places;
        }

        String id() {
            return id;
        }

        /** {@return the one place where it has to be; null when it is gone or nobody knows} */
        @Nullable
        Place place() {
            return places.size() == 1 ? places.getFirst() : null;
        }

        /** From now on it may be where it was, or here: a command is under way. */
        void mayBe(@Nullable Place other) {
            var both = new ArrayList<@Nullable Place>(places);
            both.add(other);
            places = both;
        }

        /** The command was acknowledged. */
        void is(@Nullable Place place) {
            var one = new ArrayList<@Nullable Place>();
            one.add(place);
            places = one;
        }
    }

    /** A message that is about to be appended. */
    Message begin(String id) {
        var nowhere = new ArrayList<@Nullable Place>();
        nowhere.add(null);
        var message = new Message(id, nowhere);
        messages.put(id, message);
        return message;
    }

    /** The server said, or showed, that this UID is this message: it never was another, and never will be. */
    void holds(String mailbox, long uid, String id) {
        String before = holders.putIfAbsent(mailbox + " " + uid, id);
        if (before != null && !before.equals(id)) {
            throw new IllegalStateException(
                    "UID " + uid + " of " + mailbox + " was handed out twice: " + before + ", " + id);
        }
    }

    /** Compares with what is there after a restart, which from now on is what has to be there. */
    void settle(Map<String, Place> found) {
        for (String id : found.keySet()) {
            if (!messages.containsKey(id)) {
                throw new IllegalStateException("a message that nobody has sent: " + id);
            }
        }
        for (Message message : messages.values()) {
            Place place = found.get(message.id);
            boolean isExpected = message.places.stream()
                    .anyMatch(expected -> expected == null ? place == null : place != null && expected.fits(place));
            if (!isExpected) {
                throw new IllegalStateException(
                        "message " + message.id + " is " + place + " and not one of " + message.places);
            }
            message.is(place);
            if (place != null && place.uid != null) {
                holds(place.mailbox, place.uid, message.id);
            }
        }
    }

    int size() {
        return messages.size();
    }
}
