package heddle.server.checker;

import heddle.server.TestServer;
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

/** A client that does one random thing after another, and believes what it is told until it is told otherwise. */
final class Actor implements Runnable {
    private static final Pattern APPENDUID = Pattern.compile("\\[APPENDUID ([0-9]+) ([0-9]+)]");
    private static final Pattern COPYUID = Pattern.compile("\\[COPYUID ([0-9]+) ([0-9:,]+) ([0-9:,]+)]");
    private static final Pattern UIDVALIDITY = Pattern.compile("UIDVALIDITY ([0-9]+)");
    private static final Pattern UIDNEXT = Pattern.compile("UIDNEXT ([0-9]+)");
    private static final Pattern EXISTS = Pattern.compile("\\* ([0-9]+) EXISTS");
    private static final Pattern REFUSAL =
            Pattern.compile("NO \\[(NONEXISTENT|TRYCREATE|EXPUNGEISSUED|UNAVAILABLE)].*", Pattern.DOTALL);

    /** More messages than this, and fewer come than go. */
    private static final int MANY = 60;

    private static final int MANY_ETERNAL = 20;
    private static final Duration IDLE = Duration.ofMillis(30);

    private final int number;
    private final CheckRun run;
    private final Ledger ledger;
    private final Random random;
    private final List<String> own = new ArrayList<>();
    private @Nullable Conversation conversation;
    private @Nullable View view;
    private boolean isReadOnly;
    private int connections;
    private int messages;

    Actor(int number, CheckRun run, long seed) {
        this.number = number;
        this.run = run;
        ledger = run.ledger();
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
                    if (conversation == null) {
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
            run.found(conversation == null ? found : found.with(conversation));
        } catch (RuntimeException | Error broken) {
            run.found(new Contradiction("the checker is broken: " + broken, broken));
        } finally {
            close();
        }
    }

    // The connection.

    private void connect() throws IOException {
        int pod = random.nextInt(run.pods().count());
        var opened = new Conversation(
                "client " + number + ", connection " + ++connections + ", pod " + (pod + 1),
                run.pods().port(pod),
                run.patience());
        conversation = opened;
        opened.response();
        if (!ask("LOGIN " + CheckRun.USER + " " + TestServer.PASSWORD, Expunges.FORBIDDEN)
                .isOk()) {
            throw new IOException("cannot log in");
        }
        reviewOwn();
    }

    /** After a lost connection: which of its mailboxes are there. */
    private void reviewOwn() throws IOException {
        if (connections == 1) {
            return;
        }
        own.clear();
        for (String name : List.of(mailbox("a"), mailbox("b"))) {
            ledger.deleted(name);
            Answer answer = ask("STATUS " + name + " (UIDVALIDITY)", Expunges.ALLOWED);
            requireSure(answer);
            if (answer.isOk()) {
                own.add(name);
                ledger.found(name, answer.number(UIDVALIDITY));
            }
        }
    }

    /** Whether it was done has to be known; a new connection finds it out. */
    private static boolean requireSure(Answer answer) throws IOException {
        if (answer.isUnavailable()) {
            throw new IOException(answer.tagged);
        }
        return answer.isOk();
    }

    private String mailbox(String last) {
        return "Client" + number + last;
    }

    /** Without anything that may end a connection, none may end. */
    private void lost(IOException gone) {
        View before = view;
        if (!run.isDisturbed() && (before == null || !ledger.isDying(before.validity()))) {
            throw new Contradiction("the connection of client " + number + " is lost: " + gone);
        }
        close();
        LockSupport.parkNanos(20_000_000);
    }

    private void close() {
        view = null;
        if (conversation != null) {
            try {
                conversation.close();
            } catch (IOException gone) {
                // it was
            }
            conversation = null;
        }
    }

    private Conversation conversation() throws IOException {
        if (conversation == null) {
            throw new IOException("not connected");
        }
        return conversation;
    }

    /** What a command was answered. */
    private record Answer(String tagged, List<String> untagged) {
        boolean isOk() {
            return tagged.startsWith("OK ");
        }

        /** Whether nobody knows if it was done. */
        boolean isUnavailable() {
            return tagged.startsWith("NO [UNAVAILABLE]");
        }

        /** {@return what the pattern's first match holds, wherever it is} */
        @Nullable
        Matcher find(Pattern pattern) {
            for (String each : untagged) {
                Matcher found = pattern.matcher(each);
                if (found.find()) {
                    return found;
                }
            }
            Matcher found = pattern.matcher(tagged);
            return found.find() ? found : null;
        }

        long number(Pattern pattern) {
            Matcher found = find(pattern);
            if (found == null) {
                throw new Contradiction(pattern + " is missing in " + untagged + " " + tagged);
            }
            return Long.parseLong(found.group(1));
        }
    }

    /** Sends a command and takes in what comes; {@return its answer, which is OK or a refusal that may be} */
    private Answer ask(String command, Expunges expunges) throws IOException {
        return answer(conversation().begin(command), expunges);
    }

    private Answer answer(String tag, Expunges expunges) throws IOException {
        var untagged = new ArrayList<String>();
        while (true) {
            String response = conversation().response();
            if (response.startsWith(tag + " ")) {
                String tagged = response.substring(tag.length() + 1);
                if (!tagged.startsWith("OK ") && !REFUSAL.matcher(tagged).matches()) {
                    throw new Contradiction("this must not be answered so: " + tagged);
                }
                var answer = new Answer(tagged, untagged);
                if (answer.isUnavailable() && !run.isDisturbed()) {
                    throw new Contradiction("nothing disturbs the pods, but they are not available");
                }
                return answer;
            }
            untagged.add(response);
            takeIn(response, expunges);
        }
    }

    private void takeIn(String response, Expunges expunges) {
        if (view != null) {
            String wrong = view.apply(response, expunges);
            if (wrong != null) {
                throw new Contradiction(
                        wrong + ": " + response.lines().findFirst().orElse(""));
            }
        }
    }

    // Steps.

    private void step() throws IOException {
        View current = view;
        int dice = random.nextInt(100);
        if (current == null || dice < 4) {
            select();
        } else if (dice < 8) {
            manage();
        } else if (dice < 11) {
            status();
        } else if (current.messages().isEmpty() || dice < (current.messages().size() < MANY ? 34 : 14)) {
            append(current);
        } else if (dice < 42) {
            noop(current);
        } else if (dice < 46) {
            idle();
        } else if (dice < 50) {
            search(current);
        } else if (dice < 60) {
            expunge(current);
        } else if (dice < 68) {
            copy(current);
        } else if (dice < 74) {
            move(current);
        } else {
            store(current);
        }
    }

    private String anyName() {
        List<String> names = ledger.names();
        return names.get(random.nextInt(names.size()));
    }

    private void select() throws IOException {
        view = null;
        String name = anyName();
        Answer answer = ask((random.nextInt(8) == 0 ? "EXAMINE " : "SELECT ") + name, Expunges.FORBIDDEN);
        if (answer.isOk()) {
            long validity = answer.number(UIDVALIDITY);
            if (!name.startsWith("Client")) {
                ledger.selected(name, validity);
            }
            isReadOnly = answer.tagged.contains("[READ-ONLY]");
            view = new View(name, validity, (int) answer.number(EXISTS), answer.number(UIDNEXT));
            resolve();
        } else if (!name.startsWith("Client") && !answer.isUnavailable()) {
            throw new Contradiction(name + " is there, but: " + answer.tagged);
        }
    }

    /** Asks for what is not known yet of the messages; FETCH never lets the server say EXPUNGE. */
    private void resolve() throws IOException {
        View current = current();
        int first = 0;
        while (first < current.messages().size()
                && current.messages().get(first).isKnown()) {
            first++;
        }
        int last = current.messages().size();
        if (first == last) {
            return;
        }
        Answer answer = ask(
                "FETCH " + (first + 1) + ":" + last + " (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
                Expunges.FORBIDDEN);
        for (Message message : current.messages().subList(first, last)) {
            if (message.isKnown()) {
                ledger.seen(current.validity(), message.uid, String.valueOf(message.id));
            } else if (answer.isOk()) {
                throw new Contradiction("FETCH did not tell all messages");
            }
        }
        if (!answer.isOk()) {
            throw new IOException("not told: " + answer.tagged);
        }
    }

    private View current() throws IOException {
        if (view == null) {
            throw new IOException("nothing is selected");
        }
        return view;
    }

    /** Makes, renames and deletes mailboxes that no other client does that to. */
    private void manage() throws IOException {
        if (own.size() < 2 && random.nextBoolean()) {
            String name = own.contains(mailbox("a")) ? mailbox("b") : mailbox("a");
            if (requireSure(ask("CREATE " + name, Expunges.ALLOWED))) {
                Answer status = ask("STATUS " + name + " (UIDVALIDITY)", Expunges.ALLOWED);
                requireSure(status);
                own.add(name);
                ledger.created(name, status.number(UIDVALIDITY));
            }
        } else if (own.size() == 1 && random.nextBoolean()) {
            String from = own.getFirst();
            String to = from.equals(mailbox("a")) ? mailbox("b") : mailbox("a");
            if (requireSure(ask("RENAME " + from + " " + to, Expunges.ALLOWED))) {
                own.set(0, to);
                ledger.renamed(from, to);
            }
        } else if (!own.isEmpty()) {
            String name = own.getLast();
            ledger.disappears(name);
            if (requireSure(ask("DELETE " + name, Expunges.ALLOWED))) {
                own.removeLast();
                ledger.deleted(name);
            }
        }
    }

    /** UIDNEXT is beyond all that was given. */
    private void status() throws IOException {
        String name = anyName();
        if (name.startsWith("Client")) {
            return;
        }
        long validity = ledger.validity(name);
        List<Ledger.Fact> facts = ledger.facts(validity);
        Answer answer = ask("STATUS " + name + " (UIDNEXT UIDVALIDITY)", Expunges.ALLOWED);
        if (answer.isOk()) {
            long next = answer.number(UIDNEXT);
            if (answer.number(UIDVALIDITY) != validity) {
                throw new Contradiction(name + " had UIDVALIDITY " + validity);
            }
            if (facts.stream().anyMatch(fact -> fact.uid() >= next)) {
                throw new Contradiction("UIDNEXT of " + name + " is " + next + ", but there is or was a larger UID");
            }
        }
    }

    private void append(View current) throws IOException {
        String name = random.nextInt(3) == 0 ? anyName() : current.name();
        long eternal = current.messages().stream()
                .filter(message -> String.valueOf(message.id).startsWith(Ledger.ETERNAL))
                .count();
        boolean isEternal = eternal < MANY_ETERNAL && random.nextInt(4) == 0;
        String id = (isEternal ? Ledger.ETERNAL : "mortal") + "-" + number + "-" + ++messages;
        String text = Letters.of(id);
        boolean isMarked = random.nextInt(3) == 0;
        ledger.doubt(List.of(id));
        Answer answer = ask(
                "APPEND " + name + (isMarked ? " (" + keyword(number) + ") {" : " {") + text.length() + "+}\r\n" + text,
                Expunges.ALLOWED);
        if (answer.isOk()) {
            Matcher told = APPENDUID.matcher(answer.tagged);
            if (!told.find()) {
                throw new Contradiction("no APPENDUID: " + answer.tagged);
            }
            long validity = Long.parseLong(told.group(1));
            long uid = Long.parseLong(told.group(2));
            ledger.arrived(validity, uid, id);
            ledger.keyword(number, validity, Set.of(uid), isMarked);
        } else if (!name.startsWith("Client") && !answer.isUnavailable()) {
            throw new Contradiction(name + " is there, but: " + answer.tagged);
        }
        if (!answer.isUnavailable()) {
            ledger.noDoubt(List.of(id));
        }
    }

    /** All that was acknowledged before, by whichever pod, is told by NOOP. */
    private void noop(View current) throws IOException {
        List<Ledger.Fact> facts = ledger.facts(current.validity());
        if (!ask(random.nextBoolean() ? "NOOP" : "CHECK", Expunges.ALLOWED).isOk()) {
            return;
        }
        resolve();
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
        String tag = beginIdle();
        listen(System.nanoTime() + IDLE.toNanos());
        endIdle(tag);
    }

    private String beginIdle() throws IOException {
        String tag = conversation().begin("IDLE");
        for (String response = conversation().response(); !response.startsWith("+"); ) {
            if (response.startsWith(tag + " NO [UNAVAILABLE]") && run.isDisturbed()) {
                throw new IOException("not available");
            }
            takeIn(response, Expunges.ALLOWED);
            response = conversation().response();
        }
        return tag;
    }

    /** Takes in what is pushed until then. */
    private void listen(long until) throws IOException {
        while (System.nanoTime() < until) {
            if (conversation().hasMore()) {
                takeIn(conversation().response(), Expunges.ALLOWED);
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void endIdle(String tag) throws IOException {
        conversation().send("DONE");
        answer(tag, Expunges.ALLOWED);
    }

    /** SEARCH finds this client's keyword where it was acknowledged. */
    private void search(View current) throws IOException {
        if (ledger.isDying(current.validity())) {
            return;
        }
        noop(current);
        List<Ledger.Fact> facts = ledger.facts(current.validity());
        Answer answer = ask("UID SEARCH KEYWORD " + keyword(number), Expunges.ALLOWED);
        if (!answer.isOk()) {
            return;
        }
        Set<Long> found = new TreeSet<>();
        for (String untagged : answer.untagged) {
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
    private Set<Long> some(View current, boolean mayDie) {
        var known = current.messages().stream()
                .filter(message -> message.isKnown()
                        && (!mayDie || !String.valueOf(message.id).startsWith(Ledger.ETERNAL)))
                .map(message -> message.uid)
                .toList();
        var some = new TreeSet<Long>();
        for (int i = random.nextInt(5); i >= 0 && !known.isEmpty(); i--) {
            some.add(known.get(random.nextInt(known.size())));
        }
        return some;
    }

    private void store(View current) throws IOException {
        resolve();
        boolean isDeletion = random.nextInt(6) == 0;
        Set<Long> uids = some(current, isDeletion);
        if (uids.isEmpty() || isReadOnly) {
            return;
        }
        boolean isAdded = isDeletion || random.nextBoolean();
        boolean isOwn = !isDeletion && random.nextBoolean();
        String flag =
                isDeletion ? "\\Deleted" : isOwn ? keyword(number) : random.nextBoolean() ? "\\Seen" : "\\Flagged";
        boolean isSilent = random.nextInt(3) == 0;
        boolean isByUid = random.nextBoolean();
        if (isDeletion) {
            ledger.mayGo(current.validity(), uids);
        } else if (isOwn) {
            ledger.keywordChanges(number, current.validity(), uids);
        }
        long before = current.told();
        String what = (isAdded ? " +FLAGS" : " -FLAGS") + (isSilent ? ".SILENT (" : " (") + flag + ")";
        Answer answer = isByUid
                ? ask("UID STORE " + Uids.text(uids) + what, Expunges.ALLOWED)
                : ask("STORE " + Uids.text(numbers(current, uids)) + what, Expunges.FORBIDDEN);
        if (!answer.isOk()) {
            return;
        }
        if (isSilent) {
            current.messages().stream()
                    .filter(message -> uids.contains(message.uid) && message.toldAt <= before)
                    .forEach(message -> change(message, flag, isAdded));
        }
        if (isDeletion) {
            ledger.areDeleted(current.validity(), uids);
        } else if (isOwn) {
            ledger.keyword(number, current.validity(), uids, isAdded);
        }
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

    private static Set<Long> numbers(View current, Set<Long> uids) {
        var numbers = new TreeSet<Long>();
        for (int i = 0; i < current.messages().size(); i++) {
            if (uids.contains(current.messages().get(i).uid)) {
                numbers.add((long) i + 1);
            }
        }
        return numbers;
    }

    private void expunge(View current) throws IOException {
        resolve();
        if (isReadOnly) {
            return;
        }
        boolean isByUid = random.nextBoolean();
        Set<Long> uids = isByUid ? some(current, true) : byUid(current).keySet();
        if (uids.isEmpty()) {
            return;
        }
        Set<Long> deleted = ledger.deleted(current.validity(), uids);
        if (ask(isByUid ? "UID EXPUNGE " + Uids.text(uids) : "EXPUNGE", Expunges.ALLOWED)
                .isOk()) {
            ledger.areGone(current.validity(), deleted);
        }
    }

    private void copy(View current) throws IOException {
        resolve();
        Set<Long> uids = some(current, true);
        if (uids.isEmpty()) {
            return;
        }
        transfer(current, uids, "UID COPY ");
    }

    private void move(View current) throws IOException {
        resolve();
        Set<Long> uids = some(current, true);
        if (uids.isEmpty() || isReadOnly) {
            return;
        }
        ledger.mayGo(current.validity(), uids);
        transfer(current, uids, "UID MOVE ");
    }

    private void transfer(View current, Set<Long> uids, String command) throws IOException {
        List<String> ids =
                uids.stream().map(uid -> ledger.id(current.validity(), uid)).toList();
        ledger.doubt(ids);
        Answer answer = ask(command + Uids.text(uids) + " " + anyName(), Expunges.ALLOWED);
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
        String tag = view != null && random.nextBoolean() ? beginIdle() : null;
        run.everybody();
        run.everybody();
        try {
            verify(tag, run.truth());
        } catch (Contradiction found) {
            run.found(found.with(conversation()));
        } finally {
            run.everybody();
        }
    }

    private void verify(@Nullable String tag, Truth truth) throws IOException {
        if (tag != null) {
            awaitTruth(truth);
            endIdle(tag);
        }
        View current = view;
        if (current != null && ask("NOOP", Expunges.ALLOWED).isOk()) {
            compare(current, truth);
            resolve();
            compare(current, truth);
            if (!current.messages().isEmpty()) {
                ask("FETCH 1:* (UID FLAGS)", Expunges.FORBIDDEN);
                compare(current, truth);
            }
        }
    }

    /** What happened before, IDLE must have told or tell now. */
    private void awaitTruth(Truth truth) throws IOException {
        View current = current();
        List<Message> messages = truth.messages(current.validity());
        long end = System.nanoTime() + run.pushPatience().toNanos();
        while (messages != null && current.difference(messages) != null) {
            if (System.nanoTime() > end) {
                throw new Contradiction("IDLE in " + current.name() + " was not told: " + current.difference(messages));
            }
            listen(System.nanoTime() + 5_000_000);
        }
    }

    private void compare(View current, Truth truth) {
        List<Message> messages = truth.messages(current.validity());
        String difference = messages == null ? null : current.difference(messages);
        if (difference != null) {
            throw new Contradiction("in " + current.name() + ": " + difference, truth.conversation());
        }
    }
}
