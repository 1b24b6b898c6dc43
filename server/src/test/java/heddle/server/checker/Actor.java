package heddle.server.checker;

import heddle.protocol.Numbering;
import heddle.server.checker.View.Expunges;
import heddle.server.checker.View.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Does one random thing after another as a client, and notes what was acknowledged. */
final class Actor implements Runnable {
    private static final Pattern APPENDUID = Pattern.compile("\\[APPENDUID ([0-9]+) ([0-9]+)]");
    private static final Pattern COPYUID = Pattern.compile("\\[COPYUID ([0-9]+) ([0-9:,]+) ([0-9:,]+)]");
    private static final Pattern MODIFIED = Pattern.compile("\\[MODIFIED ([0-9:,]+)]");
    private static final Pattern HIGHESTMODSEQ = Pattern.compile("HIGHESTMODSEQ ([0-9]+)");

    /** More messages than this, and fewer come than go. */
    private static final int MANY = 60;

    private static final int MANY_ETERNAL = 20;
    private static final Duration IDLE = Duration.ofMillis(30);

    private final int number;
    private final CheckRun run;
    private final Ledger ledger;
    private final Dialect dialect;
    private final Client client;
    private final Random random;
    private final List<String> own = new ArrayList<>();
    private int messages;

    Actor(int number, CheckRun run, long seed) {
        this.number = number;
        this.run = run;
        ledger = run.ledger();
        dialect = Dialect.values()[number % Dialect.values().length];
        client = new Client(number, dialect, run);
        random = new Random(seed);
    }

    /** {@return the keyword that this client alone sets} */
    static String keyword(int client) {
        return "$client" + client;
    }

    @Override
    public void run() {
        try {
            while (run.goesOn()) {
                try {
                    if (!client.isConnected()) {
                        connect();
                    } else if (run.isPaused()) {
                        checkpoint();
                    } else {
                        step();
                    }
                } catch (IOException gone) {
                    lost(gone);
                }
            }
        } catch (Contradiction found) {
            run.found(client.explain(found));
        } catch (RuntimeException | Error broken) {
            run.found(new Contradiction("the checker is broken: " + broken, broken));
        } finally {
            client.close();
        }
    }

    // The connection.

    private void connect() throws IOException {
        client.connect(random.nextInt(run.pods().count()), random.nextInt(3) == 0);
        reviewOwn();
    }

    /** After a lost connection: which of its mailboxes are there. */
    private void reviewOwn() throws IOException {
        if (client.isNew()) {
            return;
        }
        own.clear();
        for (String name : List.of(mailbox("a"), mailbox("b"))) {
            ledger.deleted(name);
            Answer answer = client.ask("STATUS " + name + " (UIDVALIDITY)", Expunges.ALLOWED);
            requireSure(answer);
            if (answer.isOk()) {
                own.add(name);
                ledger.found(name, answer.number(Client.UIDVALIDITY));
            }
        }
    }

    /** Whether it was done has to be known; a new connection finds it out. */
    private static boolean requireSure(Answer answer) throws IOException {
        if (answer.isUnavailable()) {
            throw new IOException(answer.tagged());
        }
        return answer.isOk();
    }

    private String mailbox(String last) {
        return "Client" + number + last;
    }

    /** Without anything that may end a connection, none may end. */
    private void lost(IOException gone) {
        View before = client.view();
        boolean isDying = before != null && ledger.isDying(before.validity());
        if (!isDying && !isTolerated()) {
            throw new Contradiction("the connection of client " + number + " is lost: " + gone);
        }
        client.close();
        LockSupport.parkNanos(20_000_000);
    }

    private boolean isTolerated() {
        return switch (run.tolerated()) {
            case NOTHING -> false;
            case GOODBYES -> {
                boolean wasTold = client.wasToldGoodbye();
                if (wasTold) {
                    ledger.goodbye();
                }
                yield wasTold;
            }
            case LOSSES -> true;
        };
    }

    // Steps.

    private void step() throws IOException {
        View current = client.view();
        int dice = random.nextInt(100);
        if (current == null || dice < 3 || (dialect.resyncs() && random.nextInt(12) == 0)) {
            select();
        } else if (dice < 6) {
            look(current);
        } else if (dice < 9) {
            manage();
        } else if (dice < 12) {
            status();
        } else if (current.messages().isEmpty() || dice < (current.messages().size() < MANY ? 34 : 14)) {
            append(current);
        } else if (dice < 42) {
            noop(current);
        } else if (dice < 46) {
            idle();
        } else if (dice < 49) {
            search(current);
        } else if (dice < 53) {
            read(current);
        } else if (dice < 61) {
            expunge(current);
        } else if (dice < 68) {
            copy(current);
        } else if (dice < 74) {
            move(current);
        } else if (dice < 78) {
            replace(current);
        } else {
            store(current);
        }
    }

    /** Asks for the flags of a few messages that it knows. */
    private void look(View current) throws IOException {
        client.resolve();
        Set<Long> uids = some(current, false);
        if (!uids.isEmpty()) {
            client.ask("FETCH", someNumbering(), uids, " (" + dialect.flags() + ")");
        }
    }

    private Numbering someNumbering() {
        return random.nextBoolean() ? Numbering.UID : Numbering.SEQUENCE;
    }

    /** Reads a few messages, which makes them {@code \Seen} unless it only peeks (RFC 3501 §6.4.5). */
    private void read(View current) throws IOException {
        client.resolve();
        Set<Long> uids = some(current, false);
        if (uids.isEmpty()) {
            return;
        }
        boolean peeks = run.pods().includeOlder();
        Answer answer = client.ask("FETCH", someNumbering(), uids, peeks ? " BODY.PEEK[]" : " BODY[]");
        if (!answer.untagged().stream().allMatch(Letters::areRightIn)) {
            throw new Contradiction("a body is not as it was");
        }
        if (answer.isOk() && !peeks && !client.isReadOnly()) {
            ledger.areSeen(current.validity(), uids);
        }
    }

    private String anyName() {
        List<String> names = ledger.names();
        return names.get(random.nextInt(names.size()));
    }

    private void select() throws IOException {
        select(anyName());
    }

    private void select(String name) throws IOException {
        Answer answer = client.select(name, random);
        if (answer.isOk()) {
            if (!name.startsWith("Client")) {
                ledger.selected(name, answer.number(Client.UIDVALIDITY));
            }
        } else if (!name.startsWith("Client") && !answer.isUnavailable()) {
            throw new Contradiction(name + " is there, but: " + answer.tagged());
        }
    }

    /** Makes, renames and deletes mailboxes that no other client does that to. */
    private void manage() throws IOException {
        if (own.size() < 2 && random.nextInt(6) == 0) {
            renameInbox();
        } else if (own.size() < 2 && random.nextBoolean()) {
            String name = free();
            if (requireSure(client.ask("CREATE " + name, Expunges.ALLOWED))) {
                made(name);
            }
        } else if (own.size() == 1 && random.nextBoolean()) {
            String from = own.getFirst();
            String to = free();
            if (requireSure(client.ask("RENAME " + from + " " + to, Expunges.ALLOWED))) {
                own.set(0, to);
                ledger.renamed(from, to);
            }
        } else if (!own.isEmpty()) {
            String name = own.getLast();
            ledger.disappears(name);
            if (requireSure(client.ask("DELETE " + name, Expunges.ALLOWED))) {
                own.removeLast();
                ledger.deleted(name);
            }
        }
    }

    /** INBOX stays, and all its messages move to a new mailbox (RFC 3501 §6.3.5). */
    private void renameInbox() throws IOException {
        String name = free();
        long inbox = ledger.validity("INBOX");
        Set<Long> messages = ledger.isEmptied(inbox);
        if (requireSure(client.ask("RENAME INBOX " + name, Expunges.ALLOWED))) {
            made(name);
            ledger.areGone(inbox, messages);
        }
    }

    /** {@return the name of a mailbox that it does not have} */
    private String free() {
        return own.contains(mailbox("a")) ? mailbox("b") : mailbox("a");
    }

    private void made(String name) throws IOException {
        Answer status = client.ask("STATUS " + name + " (UIDVALIDITY)", Expunges.ALLOWED);
        requireSure(status);
        own.add(name);
        ledger.created(name, status.number(Client.UIDVALIDITY));
    }

    /** UIDNEXT is beyond all that was given, and HIGHESTMODSEQ not below any that was told. */
    private void status() throws IOException {
        String name = anyName();
        if (name.startsWith("Client")) {
            return;
        }
        long validity = ledger.validity(name);
        List<Ledger.Fact> facts = ledger.facts(validity);
        long reached = ledger.highestModSeq(validity);
        String items = dialect.hasModSeqs() ? "UIDNEXT UIDVALIDITY HIGHESTMODSEQ" : "UIDNEXT UIDVALIDITY";
        Answer answer = client.ask("STATUS " + name + " (" + items + ")", Expunges.ALLOWED);
        if (answer.isOk()) {
            if (dialect.hasModSeqs() && answer.number(HIGHESTMODSEQ) < reached) {
                throw new Contradiction("HIGHESTMODSEQ of " + name + " was " + reached);
            }
            long next = answer.number(Client.UIDNEXT);
            if (answer.number(Client.UIDVALIDITY) != validity) {
                throw new Contradiction(name + " had UIDVALIDITY " + validity);
            }
            if (facts.stream().anyMatch(fact -> fact.uid() >= next)) {
                throw new Contradiction("UIDNEXT of " + name + " is " + next + ", but there is or was a larger UID");
            }
        }
    }

    private void append(View current) throws IOException {
        put(current, "APPEND", random.nextInt(3) == 0 ? anyName() : current.name());
    }

    /** Puts a new message in the place of one that may go (RFC 8508). */
    private void replace(View current) throws IOException {
        client.resolve();
        Set<Long> uids = some(current, true);
        if (uids.isEmpty() || client.isReadOnly()) {
            return;
        }
        Set<Long> old = Set.of(uids.iterator().next());
        ledger.mayGo(current.validity(), old);
        String command =
                switch (someNumbering()) {
                    case UID -> "UID REPLACE " + Uids.text(old);
                    case SEQUENCE -> "REPLACE " + Uids.text(current.numbers(old));
                };
        if (put(current, command, anyName()).isOk()) {
            ledger.replaced(current.validity(), old);
        }
    }

    /** Sends a new message with a command that puts it into the mailbox of this name; {@return its answer} */
    private Answer put(View current, String command, String name) throws IOException {
        long eternal = current.messages().stream()
                .filter(message -> Ledger.isEternal(message.id))
                .count();
        boolean isEternal = eternal < MANY_ETERNAL && random.nextInt(4) == 0;
        String id = (isEternal ? Ledger.ETERNAL : "mortal") + "-" + number + "-" + ++messages;
        String text = Letters.of(id);
        boolean isMarked = random.nextInt(3) == 0;
        ledger.doubt(List.of(id));
        Answer answer = client.ask(
                command + " " + name + (isMarked ? " (" + keyword(number) + ") {" : " {") + text.length() + "+}\r\n"
                        + text,
                Expunges.ALLOWED);
        if (answer.isOk()) {
            Matcher told = answer.find(APPENDUID);
            if (told == null) {
                throw new Contradiction("no APPENDUID: " + answer.tagged());
            }
            long validity = Long.parseLong(told.group(1));
            long uid = Long.parseLong(told.group(2));
            ledger.arrived(validity, uid, id);
            ledger.keyword(number, validity, Set.of(uid), isMarked);
        } else if (!name.startsWith("Client") && !answer.isUnavailable() && !answer.isExpunged()) {
            throw new Contradiction(name + " is there, but: " + answer.tagged());
        }
        if (!answer.isUnavailable()) {
            ledger.noDoubt(List.of(id));
        }
        return answer;
    }

    /** All that was acknowledged before, by whichever pod, is told by NOOP. */
    private void noop(View current) throws IOException {
        List<Ledger.Fact> facts = ledger.facts(current.validity());
        if (!client.ask(random.nextBoolean() ? "NOOP" : "CHECK", Expunges.ALLOWED)
                .isOk()) {
            return;
        }
        client.resolve();
        String wrong = ledger.isDying(current.validity()) ? null : ledger.contradiction(facts, byUid(current));
        if (wrong != null) {
            throw new Contradiction("after NOOP in " + current.name() + ": " + wrong);
        }
    }

    private static Map<Long, Message> byUid(View view) {
        return view.messages().stream()
                .collect(Collectors.toMap(message -> message.uid, message -> message, (one, _) -> one, TreeMap::new));
    }

    private void idle() throws IOException {
        String tag = client.beginIdle();
        client.listen(System.nanoTime() + IDLE.toNanos());
        client.endIdle(tag);
    }

    /** SEARCH finds this client's keyword where it was acknowledged. */
    private void search(View current) throws IOException {
        if (ledger.isDying(current.validity())) {
            return;
        }
        noop(current);
        List<Ledger.Fact> facts = ledger.facts(current.validity());
        Answer answer = client.ask("UID SEARCH KEYWORD " + keyword(number), Expunges.ALLOWED);
        if (!answer.isOk()) {
            return;
        }
        Set<Long> found = new TreeSet<>();
        for (String untagged : answer.untagged()) {
            if (untagged.startsWith("* SEARCH ")) {
                found.addAll(Uids.parse(untagged.substring("* SEARCH ".length()).replace(' ', ',')));
            }
        }
        for (Ledger.Fact fact : facts) {
            Ledger.Keyword marked = fact.keywords().get(number);
            if (marked != null && marked.isSet != found.contains(fact.uid()) && (!marked.isSet || fact.isThere())) {
                throw new Contradiction("SEARCH is wrong about UID " + fact.uid() + " in " + current.name());
            }
        }
    }

    /** {@return a few UIDs of the view} */
    private Set<Long> some(View current, boolean areMortal) {
        var known = current.messages().stream()
                .filter(message -> message.isKnown() && !(areMortal && Ledger.isEternal(message.id)))
                .map(message -> message.uid)
                .toList();
        var some = new TreeSet<Long>();
        for (int i = random.nextInt(5); i >= 0 && !known.isEmpty(); i--) {
            some.add(known.get(random.nextInt(known.size())));
        }
        return some;
    }

    private void store(View current) throws IOException {
        client.resolve();
        boolean isDeletion = random.nextInt(6) == 0;
        boolean isAdded = isDeletion || random.nextBoolean();
        boolean isOwn = !isDeletion && random.nextBoolean();
        String flag =
                isDeletion ? "\\Deleted" : isOwn ? keyword(number) : random.nextBoolean() ? "\\Seen" : "\\Flagged";
        Set<Long> uids = some(current, isDeletion || (flag.equals("\\Seen") && !isAdded));
        if (uids.isEmpty() || client.isReadOnly()) {
            return;
        }
        boolean isSilent = random.nextInt(3) == 0;
        Numbering numbering = someNumbering();
        if (isDeletion) {
            ledger.mayGo(current.validity(), uids);
        } else if (isOwn) {
            ledger.keywordChanges(number, current.validity(), uids);
        }
        long before = current.told();
        long since = dialect.hasModSeqs() && random.nextInt(3) == 0 ? someModSeq(current, uids) : 0;
        String what = (since > 0 ? " (UNCHANGEDSINCE " + since + ")" : "") + (isAdded ? " +FLAGS" : " -FLAGS")
                + (isSilent ? ".SILENT (" : " (") + flag + ")";
        Answer answer = client.ask("STORE", numbering, uids, what);
        if (!answer.isOk()) {
            return;
        }
        var stored = new TreeSet<>(uids);
        stored.removeAll(spared(current, answer, numbering, since));
        if (isSilent) {
            current.messages().stream()
                    .filter(message -> stored.contains(message.uid) && message.toldAt <= before)
                    .forEach(message -> change(message, flag, isAdded));
        }
        if (isDeletion) {
            ledger.areDeleted(current.validity(), stored);
        } else if (isOwn) {
            ledger.keyword(number, current.validity(), stored, isAdded);
        }
    }

    /** {@return a modseq that spares no message that is as it is known, or perhaps some of these} */
    private long someModSeq(View current, Set<Long> uids) {
        List<Message> known = current.messages().stream()
                .filter(message -> uids.contains(message.uid))
                .toList();
        return random.nextBoolean() ? current.highestModSeq() : known.get(random.nextInt(known.size())).modSeq;
    }

    /** {@return the UIDs of the messages that a STORE has not changed, because they are newer than it says} */
    private Set<Long> spared(View current, Answer answer, Numbering numbering, long since) {
        Matcher modified = answer.find(MODIFIED);
        if (modified == null) {
            return Set.of();
        }
        var spared = new TreeSet<Long>();
        for (long each : Uids.parse(modified.group(1))) {
            Message message =
                    switch (numbering) {
                        case UID -> byUid(current).get(each);
                        case SEQUENCE -> current.messages().get((int) each - 1);
                    };
            if (message != null) {
                spared.add(message.uid);
                if (message.modSeq <= since && ledger.stays(current.validity(), message.uid)) {
                    throw new Contradiction("UID " + message.uid + " was spared, but has MODSEQ " + message.modSeq);
                }
            }
        }
        return spared;
    }

    private static void change(Message message, String flag, boolean isAdded) {
        if (message.flags != null) {
            var flags = new TreeSet<>(message.flags);
            if (isAdded) {
                flags.add(flag);
            } else {
                flags.remove(flag);
            }
            message.flags = flags;
        }
    }

    private void expunge(View current) throws IOException {
        client.resolve();
        if (client.isReadOnly()) {
            return;
        }
        boolean isByUid = random.nextBoolean();
        Set<Long> uids = isByUid ? some(current, true) : byUid(current).keySet();
        if (uids.isEmpty()) {
            return;
        }
        Set<Long> deleted = ledger.deleted(current.validity(), uids);
        if (client.ask(isByUid ? "UID EXPUNGE " + Uids.text(uids) : "EXPUNGE", Expunges.ALLOWED)
                .isOk()) {
            ledger.areGone(current.validity(), deleted);
        }
    }

    private void copy(View current) throws IOException {
        client.resolve();
        Set<Long> uids = some(current, true);
        if (uids.isEmpty()) {
            return;
        }
        transfer(current, uids, "UID COPY ");
    }

    private void move(View current) throws IOException {
        client.resolve();
        Set<Long> uids = some(current, true);
        if (uids.isEmpty() || client.isReadOnly()) {
            return;
        }
        ledger.mayGo(current.validity(), uids);
        transfer(current, uids, "UID MOVE ");
    }

    private void transfer(View current, Set<Long> uids, String command) throws IOException {
        List<String> ids =
                uids.stream().map(uid -> ledger.id(current.validity(), uid)).toList();
        ledger.doubt(ids);
        Answer answer = client.ask(command + Uids.text(uids) + " " + anyName(), Expunges.ALLOWED);
        Matcher told = answer.find(COPYUID);
        if (answer.isOk() && told != null) {
            long target = Long.parseLong(told.group(1));
            List<Long> from = List.copyOf(Uids.parse(told.group(2)));
            List<Long> to = List.copyOf(Uids.parse(told.group(3)));
            if (from.size() != to.size() || !uids.containsAll(from)) {
                throw new Contradiction("COPYUID is not about what was asked");
            }
            for (int i = 0; i < from.size(); i++) {
                if (command.contains("MOVE")) {
                    ledger.moved(current.validity(), from.get(i), target, to.get(i));
                } else {
                    ledger.copied(current.validity(), from.get(i), target, to.get(i));
                }
            }
        }
        if (!answer.isUnavailable()) {
            ledger.noDoubt(ids);
        }
    }

    // Checkpoints.

    /** All clients are quiet: what each has been told has to be what a fresh session sees. */
    private void checkpoint() throws IOException {
        String tag = client.view() != null && random.nextBoolean() ? client.beginIdle() : null;
        run.everybody();
        run.everybody();
        try {
            verify(tag, run.truth());
        } catch (Contradiction found) {
            run.found(client.explain(found));
        } finally {
            run.everybody();
        }
    }

    private void verify(@Nullable String tag, Truth truth) throws IOException {
        if (tag != null) {
            awaitTruth(truth);
            client.endIdle(tag);
        }
        View current = client.view();
        if (current != null && dialect.resyncs() && random.nextBoolean()) {
            select(current.name());
        } else if (current != null && !client.ask("NOOP", Expunges.ALLOWED).isOk()) {
            return;
        }
        if (client.view() != null) {
            compare(truth);
            client.resolve();
            compare(truth);
            client.fetchAll();
            compare(truth);
        }
    }

    /** What happened before, IDLE must have told or tell now. */
    private void awaitTruth(Truth truth) throws IOException {
        View current = client.current();
        List<Message> messages = truth.messages(current.validity());
        long end = System.nanoTime() + run.pushPatience().toNanos();
        while (messages != null && current.difference(messages) != null) {
            if (System.nanoTime() > end) {
                throw new Contradiction("IDLE in " + current.name() + " was not told: " + current.difference(messages));
            }
            client.listen(System.nanoTime() + 5_000_000);
        }
    }

    private void compare(Truth truth) throws IOException {
        View current = client.current();
        List<Message> messages = truth.messages(current.validity());
        String difference = messages == null ? null : current.difference(messages);
        if (difference != null) {
            throw new Contradiction("in " + current.name() + ": " + difference, truth.conversation());
        }
    }
}
