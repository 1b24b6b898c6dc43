package heddle.server.checker;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What all clients together were told, and what follows from it. A message never changes its bytes, so that its id, which
 * is in its subject, says which one it is. Each client has a keyword that it alone sets and removes; {@code \Deleted} is
 * never removed; messages whose id begins with {@value #ETERNAL} are never deleted, nor moved but with all of INBOX, and
 * never lose {@code \Seen}.
 */
final class Ledger {
    static final String ETERNAL = "eternal";

    /** What must be true of a message at one moment. */
    record Fact(
            long uid,
            Instance instance,
            boolean isThere,
            boolean isGone,
            boolean isSeen,
            Map<Integer, Keyword> keywords) {}

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
        /** Known of eternal messages alone. */
        boolean isSeen;
        /** The largest that was told, and what the flags were then. */
        long modSeq;

        Set<String> flags = Set.of();
        final Map<Integer, Keyword> keywords = new HashMap<>();

        Instance(String id) {
            this.id = id;
        }
    }

    private final Map<Long, Map<Long, Instance>> mailboxes = new HashMap<>();
    private final Map<String, Long> names = new TreeMap<>();
    private final Set<Long> validities = new HashSet<>();
    private final Set<Long> dying = new HashSet<>();
    private final Map<String, Integer> doubts = new HashMap<>();
    private final Set<Instance> left = new HashSet<>();
    private final Map<Long, Long> highestModSeqs = new HashMap<>();
    private final Set<Long> emptied = new HashSet<>();
    private long acknowledged;
    private long resynced;
    private long goodbyes;

    // Mailboxes.

    /** {@return the names of the mailboxes that are there, in order} */
    synchronized List<String> names() {
        return List.copyOf(names.keySet());
    }

    /** A mailbox of this name is there now. */
    synchronized void created(String name, long validity) {
        Long before = names.put(name, validity);
        // Not by its messages: an APPEND to the mailbox that had this name before may have found this one.
        if (before == null && !validities.add(validity)) {
            throw new Contradiction("the new mailbox " + name + " has UIDVALIDITY " + validity + " of another one");
        }
        mailboxes.computeIfAbsent(validity, _ -> new TreeMap<>());
    }

    /** One that was there already, or nobody knows. */
    synchronized void found(String name, long validity) {
        names.put(name, validity);
        validities.add(validity);
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
        Instance instance = mailbox(validity).computeIfAbsent(uid, _ -> appeared(validity, id));
        if (!instance.id.equals(id)) {
            throw new Contradiction(
                    "UID " + uid + " of UIDVALIDITY " + validity + " is both " + instance.id + " and " + id);
        }
        return instance;
    }

    private Instance appeared(long validity, String id) {
        var instance = new Instance(id);
        if (emptied.contains(validity)) {
            mayMove(instance);
        }
        return instance;
    }

    private void mayMove(Instance instance) {
        instance.mayGo = true;
        doubts.merge(instance.id, 1, Integer::sum);
    }

    /**
     * A client is about to rename INBOX: until the next checkpoint nobody knows which of its messages are where.
     *
     * @return those that are gone when it is done
     */
    synchronized Set<Long> isEmptied(long validity) {
        emptied.add(validity);
        mailbox(validity).values().stream().filter(instance -> !instance.isGone).forEach(this::mayMove);
        return Set.copyOf(mailbox(validity).keySet());
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

    /** {@return whether nobody removes this message} */
    synchronized boolean stays(long validity, long uid) {
        return !get(validity, uid).mayGo;
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
        // Nobody knows yet with which flags a message has come that no answer named.
        get(target, targetUid).mayGo |= instance.mayGo || !instance.isAcknowledged;
    }

    /** COPYUID said that a message was moved. */
    synchronized void moved(long validity, long uid, long target, long targetUid) {
        leaves(validity, uid);
        copied(validity, uid, target, targetUid);
    }

    /** Other messages have taken the place of these. */
    synchronized void replaced(long validity, Set<Long> uids) {
        uids.forEach(uid -> leaves(validity, uid));
        acknowledged++;
    }

    private void leaves(long validity, long uid) {
        Instance instance = get(validity, uid);
        if (!left.add(instance)) {
            throw new Contradiction(
                    "UID " + uid + " of UIDVALIDITY " + validity + " was moved or replaced twice: " + instance.id);
        }
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

    /** Whether a message with this id is never deleted. */
    static boolean isEternal(@Nullable String id) {
        return id != null && id.startsWith(ETERNAL);
    }

    /** These are {@code \Seen}, and nobody changes that of eternal ones. */
    synchronized void areSeen(long validity, Set<Long> uids) {
        for (long uid : uids) {
            Instance instance = get(validity, uid);
            instance.isSeen = isEternal(instance.id);
        }
        acknowledged++;
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

    /**
     * A session was told flags and modseq of a message; whoever is told the same modseq has to be told the same flags. Of a
     * message that is gone a session may be told something older, until it is told that.
     */
    synchronized void told(long validity, View.Message message) {
        Instance instance = mailbox(validity).get(message.uid);
        if (instance != null && !instance.mayGo) {
            compare(instance, message);
        }
    }

    private static void compare(Instance instance, View.Message message) {
        Set<String> flags = Objects.requireNonNull(message.flags);
        if (message.modSeq == instance.modSeq && !flags.equals(instance.flags)) {
            throw new Contradiction("UID " + message.uid + " (" + instance.id + ") has at MODSEQ " + message.modSeq
                    + " both flags " + instance.flags + " and " + flags);
        }
        if (message.modSeq > instance.modSeq) {
            instance.modSeq = message.modSeq;
            instance.flags = flags;
        }
    }

    /** A client has come back to a mailbox and was told the difference. */
    synchronized void resynced() {
        resynced++;
    }

    /** A session was sent away with a BYE, between two commands. */
    synchronized void goodbye() {
        goodbyes++;
    }

    /** A session was told, or has concluded, that the mailbox has come this far. */
    synchronized void reached(long validity, long highestModSeq) {
        highestModSeqs.merge(validity, highestModSeq, Math::max);
    }

    /** {@return how far the mailbox has come, as far as anybody knows} */
    synchronized long highestModSeq(long validity) {
        return highestModSeqs.getOrDefault(validity, 0L);
    }

    // What must be so.

    /** {@return how much has happened so far, for people} */
    synchronized String summary() {
        return acknowledged + " acknowledged writes, " + resynced + " resynchronisations, " + goodbyes + " goodbyes";
    }

    /** {@return what a session that asks from now on must be told of the mailbox} */
    synchronized List<Fact> facts(long validity) {
        return mailbox(validity).entrySet().stream()
                .map(each -> new Fact(
                        each.getKey(),
                        each.getValue(),
                        each.getValue().isAcknowledged && !each.getValue().mayGo,
                        each.getValue().isGone,
                        each.getValue().isSeen,
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
        // Of a message that somebody else makes go just now, a session may be told less than it was (RFC 2180 §4.1).
        return contradiction(facts, known, fact -> !fact.instance.mayGo);
    }

    private static @Nullable String contradiction(
            List<Fact> facts, Map<Long, View.Message> known, Predicate<Fact> hasFlags) {
        for (Fact fact : facts) {
            View.Message message = known.get(fact.uid);
            String what = "UID " + fact.uid + " (" + fact.instance.id + ")";
            if (message == null) {
                if (fact.isThere && !fact.instance.mayGo) {
                    return what + " is acknowledged, and not there";
                }
            } else if (fact.isGone) {
                return what + " is gone, and still there";
            } else if (message.flags != null && hasFlags.test(fact)) {
                String wrong = contradiction(fact, message.flags);
                if (wrong != null) {
                    return what + " has flags " + message.flags + ", but " + wrong;
                }
            }
        }
        return null;
    }

    /** A keyword that has not been touched since is as it was acknowledged. */
    private static @Nullable String contradiction(Fact fact, Set<String> flags) {
        if (fact.isSeen && !flags.contains("\\Seen")) {
            return "was read";
        }
        for (var each : fact.keywords.entrySet()) {
            boolean isUntouched = fact.instance.keywords.get(each.getKey()) == each.getValue();
            if (isUntouched && flags.contains(Actor.keyword(each.getKey())) != each.getValue().isSet) {
                return Actor.keyword(each.getKey()) + " was acknowledged as "
                        + (each.getValue().isSet ? "set" : "removed");
            }
        }
        return null;
    }

    /** Nothing is under way: what a fresh session sees is all there is, and takes the place of what was in doubt. */
    synchronized void settle(Map<Long, Map<Long, View.Message>> truth, Map<Long, Long> modSeqs) {
        modSeqs.forEach((validity, modSeq) -> {
            if (modSeq < highestModSeq(validity)) {
                throw new Contradiction("HIGHESTMODSEQ of UIDVALIDITY " + validity + " is " + modSeq + ", but was "
                        + highestModSeq(validity));
            }
        });
        truth.forEach((validity, messages) -> {
            String wrong = contradiction(facts(validity), messages, _ -> true);
            if (wrong != null) {
                throw new Contradiction(wrong);
            }
            messages.forEach((uid, message) -> settle(instance(validity, uid, String.valueOf(message.id)), message));
            mailbox(validity).forEach((uid, instance) -> settle(uid, instance, messages.containsKey(uid)));
        });
        doubts.clear();
        emptied.clear();
    }

    private static void settle(Instance instance, View.Message message) {
        if (message.modSeq < instance.modSeq) {
            throw new Contradiction("UID " + message.uid + " (" + instance.id + ") has MODSEQ " + message.modSeq
                    + ", but had " + instance.modSeq);
        }
        compare(instance, message);
        instance.mayGo |= instance.flags.contains("\\Deleted"); // it may have come so, by RENAME INBOX
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
