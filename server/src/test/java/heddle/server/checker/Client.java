package heddle.server.checker;

import heddle.protocol.Numbering;
import heddle.server.TestServer;
import heddle.server.checker.CheckRun.Tolerated;
import heddle.server.checker.View.Expunges;
import heddle.server.checker.View.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a client says and believes: its connection, the mailbox that it has selected, and what it remembers of those that it
 * has left. It believes what it is told until it is told otherwise.
 */
final class Client {
    static final Pattern UIDVALIDITY = Pattern.compile("UIDVALIDITY ([0-9]+)");
    static final Pattern UIDNEXT = Pattern.compile("UIDNEXT ([0-9]+)");
    private static final Pattern EXISTS = Pattern.compile("\\* ([0-9]+) EXISTS");
    private static final Pattern EARLIER = Pattern.compile("\\* VANISHED \\(EARLIER\\) ([0-9:,]+)");
    private static final Pattern REFUSAL =
            Pattern.compile("NO \\[(NONEXISTENT|TRYCREATE|EXPUNGEISSUED|UNAVAILABLE)].*", Pattern.DOTALL);

    /** A mailbox as it was left. */
    private record Memory(long validity, long modSeq, List<Message> messages) {}

    private final int number;
    private final Dialect dialect;
    private final CheckRun run;
    private final Ledger ledger;
    private final Map<String, Memory> memories = new HashMap<>();
    private @Nullable Conversation conversation;
    private @Nullable View view;
    private boolean isReadOnly;
    private boolean isIdling;
    private int connections;

    Client(int number, Dialect dialect, CheckRun run) {
        this.number = number;
        this.dialect = dialect;
        this.run = run;
        ledger = run.ledger();
    }

    // The connection.

    boolean isConnected() {
        return conversation != null;
    }

    /** {@return whether this is the first connection} */
    boolean isNew() {
        return connections == 1;
    }

    /** @param compresses whether both sides are to (RFC 4978) */
    void connect(int pod, boolean compresses) throws IOException {
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
        if (compresses) {
            ask("COMPRESS DEFLATE", Expunges.FORBIDDEN);
            opened.startCompression();
        }
        if (dialect != Dialect.PLAIN) {
            ask("ENABLE " + dialect, Expunges.FORBIDDEN);
        }
    }

    /** Whether the server has ended the connection with a BYE. */
    boolean wasToldGoodbye() {
        return conversation != null && conversation.endsWithGoodbye();
    }

    Conversation conversation() throws IOException {
        if (conversation == null) {
            throw new IOException("not connected");
        }
        return conversation;
    }

    void close() {
        leave();
        isIdling = false;
        if (conversation != null) {
            try {
                conversation.close();
            } catch (IOException gone) {
                // it was
            }
            conversation = null;
        }
    }

    /** {@return the contradiction, with what was said on this connection} */
    Contradiction explain(Contradiction found) {
        return conversation == null ? found : found.with(conversation);
    }

    // Commands.

    /** Sends a command and takes in what comes; {@return its answer, which is OK or a refusal that may be} */
    Answer ask(String command, Expunges expunges) throws IOException {
        return answer(conversation().begin(command), expunges);
    }

    /**
     * Sends a command about messages of the view.
     *
     * @param numbering how it names them; by numbers lets the server say no EXPUNGE
     * @param rest what comes after them
     */
    Answer ask(String command, Numbering numbering, Set<Long> uids, String rest) throws IOException {
        return switch (numbering) {
            case UID -> ask("UID " + command + " " + Uids.text(uids) + rest, Expunges.ALLOWED);
            case SEQUENCE -> ask(command + " " + Uids.text(current().numbers(uids)) + rest, Expunges.FORBIDDEN);
        };
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
                if (answer.isUnavailable() && run.tolerated() != Tolerated.LOSSES) {
                    throw new Contradiction("nothing disturbs the pods, but they are not available");
                }
                completed(answer);
                return answer;
            }
            if (conversation().isOver()) {
                goodbye(untagged);
            }
            untagged.add(response);
            takeIn(response, expunges);
        }
    }

    /** A command that is not answered any more must not have been begun, unless its mailbox is deleted meanwhile. */
    private void goodbye(List<String> untagged) {
        boolean isDying = view != null && ledger.isDying(view.validity());
        if (run.tolerated() == Tolerated.GOODBYES && !isIdling && !isDying && !untagged.isEmpty()) {
            throw new Contradiction("BYE in the middle of a command");
        }
    }

    private void completed(Answer answer) {
        if (view != null) {
            view.completed(answer.tagged());
            ledger.reached(view.validity(), view.highestModSeq());
        }
    }

    private void takeIn(String response, Expunges expunges) {
        if (view == null) {
            return;
        }
        String wrong = view.apply(response, expunges);
        if (wrong != null) {
            throw new Contradiction(wrong + ": " + response.lines().findFirst().orElse(""));
        }
        Message told = view.lastTold();
        if (told != null) {
            ledger.told(view.validity(), told);
        }
    }

    String beginIdle() throws IOException {
        String tag = conversation().begin("IDLE");
        isIdling = true;
        for (String response = conversation().response(); !response.startsWith("+"); ) {
            if (response.startsWith(tag + " NO [UNAVAILABLE]") && run.tolerated() == Tolerated.LOSSES) {
                throw new IOException("not available");
            }
            takeIn(response, Expunges.ALLOWED);
            response = conversation().response();
        }
        return tag;
    }

    /** Takes in what is pushed until then. */
    void listen(long until) throws IOException {
        while (System.nanoTime() < until) {
            if (conversation().hasMore()) {
                takeIn(conversation().response(), Expunges.ALLOWED);
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    void endIdle(String tag) throws IOException {
        conversation().send("DONE");
        answer(tag, Expunges.ALLOWED);
        isIdling = false;
    }

    // The selected mailbox.

    @Nullable
    View view() {
        return view;
    }

    View current() throws IOException {
        if (view == null) {
            throw new IOException("nothing is selected");
        }
        return view;
    }

    boolean isReadOnly() {
        return isReadOnly;
    }

    private void leave() {
        if (view != null && dialect.resyncs() && view.highestModSeq() > 0) {
            memories.put(view.name(), new Memory(view.validity(), view.highestModSeq(), view.known()));
        }
        view = null;
    }

    /**
     * Selects a mailbox. Of one that it has left, and still knows, a client that resyncs is told only the difference: by
     * SELECT, or by UID FETCH after it (RFC 7162 §3.2.5, §3.2.6).
     */
    Answer select(String name, Random random) throws IOException {
        leave();
        String command = (random.nextInt(8) == 0 ? "EXAMINE " : "SELECT ") + name;
        Memory memory = memories.get(name);
        boolean isBySelect = memory != null && random.nextInt(3) > 0;
        Answer answer = ask(isBySelect ? command + known(memory, random) : command, Expunges.FORBIDDEN);
        if (!answer.isOk()) {
            return answer;
        }
        isReadOnly = answer.tagged().contains("[READ-ONLY]");
        if (memory == null || answer.number(UIDVALIDITY) != memory.validity) {
            selected(name, answer, List.of());
            return answer;
        }
        Answer told = isBySelect
                ? answer
                : answer.and(
                        ask("UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + memory.modSeq + " VANISHED)", Expunges.FORBIDDEN));
        if (!told.isOk()) {
            throw new IOException("not told: " + told.tagged());
        }
        Set<Long> gone = told.untagged().stream()
                .map(EARLIER::matcher)
                .filter(Matcher::matches)
                .flatMap(earlier -> Uids.parse(earlier.group(1)).stream())
                .collect(Collectors.toSet());
        ledger.resynced();
        selected(
                name,
                told,
                memory.messages.stream()
                        .filter(message -> !gone.contains(message.uid))
                        .toList());
        return answer;
    }

    /** The parameter of SELECT; which UIDs are known, and what their numbers were, may be left out. */
    private static String known(Memory memory, Random random) {
        var known = new StringBuilder(" (QRESYNC (" + memory.validity + " " + memory.modSeq);
        int detail = random.nextInt(3);
        if (detail > 0 && !memory.messages.isEmpty()) {
            known.append(' ').append(uids(memory.messages));
        }
        if (detail > 1 && !memory.messages.isEmpty()) {
            int step = 1 + random.nextInt(9);
            List<Integer> numbers = IntStream.rangeClosed(1, memory.messages.size())
                    .filter(number -> number % step == 0)
                    .boxed()
                    .toList();
            if (!numbers.isEmpty()) {
                known.append(" (")
                        .append(Uids.text(
                                numbers.stream().map(Integer::longValue).toList()))
                        .append(' ')
                        .append(uids(numbers.stream()
                                .map(number -> memory.messages.get(number - 1))
                                .toList()))
                        .append(')');
            }
        }
        return known.append("))").toString();
    }

    private static String uids(List<Message> messages) {
        return Uids.text(messages.stream().map(message -> message.uid).toList());
    }

    private void selected(String name, Answer answer, List<Message> known) {
        var selected = new View(
                dialect, name, answer.number(UIDVALIDITY), (int) answer.number(EXISTS), answer.number(UIDNEXT));
        String wrong = selected.recall(known);
        if (wrong != null) {
            throw new Contradiction(wrong);
        }
        view = selected;
        answer.untagged().forEach(response -> takeIn(response, Expunges.FORBIDDEN));
        completed(answer);
    }

    /** Asks for what is not known yet of the messages; FETCH never lets the server say EXPUNGE. */
    void resolve() throws IOException {
        View current = current();
        int first = current.knownUpTo();
        int last = current.messages().size();
        if (first == last) {
            return;
        }
        Answer answer = ask(
                "FETCH " + (first + 1) + ":" + last + " (" + dialect.flags() + " BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
                Expunges.FORBIDDEN);
        for (Message message : current.messages().subList(first, last)) {
            if (message.isKnown()) {
                ledger.seen(current.validity(), message.uid, String.valueOf(message.id));
            } else if (answer.isOk()) {
                throw new Contradiction("FETCH did not tell all messages");
            }
        }
        if (!answer.isOk()) {
            throw new IOException("not told: " + answer.tagged());
        }
    }

    /** Asks once more for all that can change. */
    void fetchAll() throws IOException {
        if (!current().messages().isEmpty()) {
            ask("FETCH 1:* (" + dialect.flags() + ")", Expunges.FORBIDDEN);
        }
    }
}
