package heddle.server.checker;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What all clients together were told, and what follows from it. A message never changes its bytes, so that its id, which
 * is in its subject, says which one it is. Each client has a keyword that it alone sets and removes; {@code \Deleted} is
 * never removed; messages whose id begins with {@value #ETERNAL} are never deleted nor moved.
 */
final class Ledger {
    static final String ETERNAL = "eternal";

    /** What must be true of a message at one moment. */
    record Fact(long uid, Instance instance, boolean isThere, boolean isGone, Map<Integer, Keyword> keywords) {}

    /** A client's keyword on a message, as it was acknowledged; one object for each acknowledgement. */
    static final class Keyword {
        final boolean isSet;

        Keyword(boolean isSet) {
            this.isSet = isSet;
        }
    }

    /** One message in one mailbox. */
    static final class Instance {
        final String id;
        boolean isAcknowledged;
        boolean mayGo;
        boolean isGone;
        boolean isDeleted;
        final Map<Integer, Keyword> keywords = new HashMap<>();

        Instance(String id) {
            this.id = id;
        }
    }

    private final Map<Long, Map<Long, Instance>> mailboxes = new HashMap<>();
    private final Map<String, Long> names = new TreeMap<>();
    private final Set<Long> dying = new HashSet<>();
    private final Map<String, Integer> doubts = new HashMap<>();
    private final Set<Instance> moved = new HashSet<>();
    private long acknowledged;

    // Mailboxes.

    /** {@return the names of the mailboxes that are there, in order} */
    synchronized List<String> names() {
        return List.copyOf(names.keySet());
    }

    /** A mailbox of this name is there now. */
    synchronized void created(String name, long validity) {
        Long before = names.put(name, validity);
        if (before == null && mailboxes.containsKey(validity)) {
            throw new Contradiction("the new mailbox " + name + " has UIDVALIDITY " + validity + " of another one");
        }
        mailboxes.computeIfAbsent(validity, _ -> new TreeMap<>());
    }

    /** One that was there already, or nobody knows. */
    synchronized void found(String name, long validity) {
        names.put(name, validity);
    }

    /** {@return the UIDVALIDITY of a mailbox that is never deleted nor renamed} */
    synchronized long validity(String name) {
        return Objects.requireNonNull(names.get(name));
    }

    synchronized void renamed(String from, String to) {
        names.put(to, Objects.requireNonNull(names.remove(from)));
    }

    /** Somebody is about to delete or rename a mailbox: for its messages nothing is sure any more. */
    synchronized void disappears(String name) {
        dying.add(names.get(name));
    }

    synchronized void deleted(String name) {
        names.remove(name);
    }

    /** Whether the mailbox may be gone. */
    synchronized boolean isDying(long validity) {
        return dying.contains(validity);
    }

    /** Somebody has selected the mailbox of this name, which is never renamed. */
    synchronized void selected(String name, long validity) {
        Long known = names.get(name);
        if (known != null && known != validity && !dying.contains(known)) {
            throw new Contradiction(name + " has UIDVALIDITY " + validity + ", but had " + known);
        }
    }

    // Messages.

    private Map<Long, Instance> mailbox(long validity) {
        return mailboxes.computeIfAbsent(validity, _ -> new TreeMap<>());
    }

    private Instance instance(long validity, long uid, String id) {
        Instance instance = mailbox(validity).computeIfAbsent(uid, _ -> new Instance(id));
        if (!instance.id.equals(id)) {
            throw new Contradiction(
                    "UID " + uid + " of UIDVALIDITY " + validity + " is both " + instance.id + " and " + id);
        }
        return instance;
    }

    /** A session was told that this message is there. */
    synchronized void seen(long validity, long uid, String id) {
        instance(validity, uid, id);
    }

    /** The answer to APPEND, COPY or MOVE said that this message is there. */
    synchronized void arrived(long validity, long uid, String id) {
        Instance instance = instance(validity, uid, id);
        if (instance.isAcknowledged) {
            throw new Contradiction("UID " + uid + " of UIDVALIDITY " + validity + " was given twice, to " + id);
        }
        instance.isAcknowledged = true;
        acknowledged++;
    }

    /** A client is about to mark these messages {@code \Deleted}, or to move them. */
    synchronized void mayGo(long validity, Set<Long> uids) {
        uids.forEach(uid -> get(validity, uid).mayGo = true);
    }

    /** They are marked. */
    synchronized void areDeleted(long validity, Set<Long> uids) {
        uids.forEach(uid -> get(validity, uid).isDeleted = true);
        acknowledged++;
    }

    /** {@return those of these that every EXPUNGE from now on removes} */
    synchronized Set<Long> deleted(long validity, Set<Long> uids) {
        var deleted = new TreeSet<>(uids);
        deleted.removeIf(uid -> !get(validity, uid).isDeleted);
        return deleted;
    }

    /** They were expunged. */
    synchronized void areGone(long validity, Set<Long> uids) {
        uids.forEach(uid -> get(validity, uid).isGone = true);
        acknowledged++;
    }

    /** COPYUID said that a message was copied, with its flags. */
    synchronized void copied(long validity, long uid, long target, long targetUid) {
        Instance instance = get(validity, uid);
        arrived(target, targetUid, instance.id);
        get(target, targetUid).mayGo |= instance.mayGo;
    }

    /** COPYUID said that a message was moved. */
    synchronized void moved(long validity, long uid, long target, long targetUid) {
        Instance instance = get(validity, uid);
        if (!moved.add(instance)) {
            throw new Contradiction("UID " + uid + " of UIDVALIDITY " + validity + " was moved twice: " + instance.id);
        }
        copied(validity, uid, target, targetUid);
        instance.isGone = true;
    }

    /** {@return the id of a message that some session has seen} */
    synchronized String id(long validity, long uid) {
        return get(validity, uid).id;
    }

    private Instance get(long validity, long uid) {
        Instance instance = mailbox(validity).get(uid);
        if (instance == null) {
            throw new Contradiction("nobody has ever seen UID " + uid + " of UIDVALIDITY " + validity);
        }
        return instance;
    }

    /** A command begins that may put messages with these ids somewhere, an id as often as it has messages. */
    synchronized void doubt(List<String> ids) {
        ids.forEach(id -> doubts.merge(id, 1, Integer::sum));
    }

    /** It was answered. */
    synchronized void noDoubt(List<String> ids) {
        ids.forEach(id -> doubts.merge(id, -1, Integer::sum));
    }

    /** A client begins to change its keyword: until {@link #keyword} nothing is known of it. */
    synchronized void keywordChanges(int client, long validity, Set<Long> uids) {
        uids.forEach(uid -> get(validity, uid).keywords.remove(client));
    }

    /** The client's keyword is set or removed. */
    synchronized void keyword(int client, long validity, Set<Long> uids, boolean isSet) {
        uids.forEach(uid -> get(validity, uid).keywords.put(client, new Keyword(isSet)));
        acknowledged++;
    }

    // What must be so.

    /** {@return how many writes were acknowledged so far} */
    synchronized long acknowledged() {
        return acknowledged;
    }

    /** {@return what a session that asks from now on must be told of the mailbox} */
    synchronized List<Fact> facts(long validity) {
        return mailbox(validity).entrySet().stream()
                .map(each -> new Fact(
                        each.getKey(),
                        each.getValue(),
                        each.getValue().isAcknowledged && !each.getValue().mayGo,
                        each.getValue().isGone,
                        Map.copyOf(each.getValue().keywords)))
                .toList();
    }

    /**
     * {@return which of the facts contradicts what a session knows; null when none does}
     *
     * @param facts as they were when the session asked
     * @param known all messages, by UID
     */
    synchronized @Nullable String contradiction(List<Fact> facts, Map<Long, View.Message> known) {
        for (Fact fact : facts) {
            View.Message message = known.get(fact.uid);
            String what = "UID " + fact.uid + " (" + fact.instance.id + ")";
            if (message == null) {
                if (fact.isThere && !fact.instance.mayGo) {
                    return what + " is acknowledged, and not there";
                }
            } else if (fact.isGone) {
                return what + " is gone, and still there";
            } else {
                String keyword = keyword(fact, message);
                if (keyword != null) {
                    return what + keyword;
                }
            }
        }
        return null;
    }

    /** A keyword that has not been touched since is as it was acknowledged. */
    private static @Nullable String keyword(Fact fact, View.Message message) {
        for (var each : fact.keywords.entrySet()) {
            Set<String> flags = message.flags;
            boolean isUntouched = fact.instance.keywords.get(each.getKey()) == each.getValue();
            if (isUntouched && flags != null && flags.contains(Actor.keyword(each.getKey())) != each.getValue().isSet) {
                return " has flags " + flags + ", but " + Actor.keyword(each.getKey()) + " was acknowledged as "
                        + (each.getValue().isSet ? "set" : "removed");
            }
        }
        return null;
    }

    /** Nothing is under way: what a fresh session sees is all there is, and takes the place of what was in doubt. */
    synchronized void settle(Map<Long, Map<Long, View.Message>> truth) {
        truth.forEach((validity, messages) -> {
            String wrong = contradiction(facts(validity), messages);
            if (wrong != null) {
                throw new Contradiction(wrong);
            }
            messages.forEach((uid, message) -> instance(validity, uid, String.valueOf(message.id)));
            mailbox(validity).forEach((uid, instance) -> settle(uid, instance, messages.containsKey(uid)));
        });
        doubts.clear();
    }

    private void settle(long uid, Instance instance, boolean isThere) {
        if (!isThere) {
            instance.isGone = true;
        } else if (!instance.isAcknowledged) {
            if (doubts.merge(instance.id, -1, Integer::sum) < 0) {
                throw new Contradiction("UID " + uid + " (" + instance.id + ") is there, but nobody has put it there");
            }
            instance.isAcknowledged = true;
        }
    }
}
