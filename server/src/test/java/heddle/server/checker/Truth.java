package heddle.server.checker;

import heddle.server.TestServer;
import heddle.server.checker.View.Expunges;
import heddle.server.checker.View.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a session that has just come sees of all mailboxes, bodies included. */
final class Truth implements AutoCloseable {
    private static final Pattern LISTED = Pattern.compile("\\* LIST \\([^)]*\\) \"/\" \"?([^\"]+)\"?");
    private static final Pattern UIDVALIDITY = Pattern.compile("\\[UIDVALIDITY ([0-9]+)]");
    private static final Pattern HIGHESTMODSEQ = Pattern.compile("\\[HIGHESTMODSEQ ([0-9]+)]");
    private static final Pattern EXISTS = Pattern.compile("\\* ([0-9]+) EXISTS");

    private final Conversation conversation;
    private final List<String> names = new ArrayList<>();
    private final Map<Long, View> views = new HashMap<>();
    private final Map<Long, Long> highestModSeqs = new HashMap<>();

    private Truth(Conversation conversation) {
        this.conversation = conversation;
    }

    /** Logs in at this pod and reads everything. */
    static Truth read(CheckRun run, int pod) throws IOException {
        var truth =
                new Truth(new Conversation("fresh, pod " + (pod + 1), run.pods().port(pod), run.patience()));
        truth.conversation.response();
        truth.ok("LOGIN " + CheckRun.USER + " " + TestServer.PASSWORD);
        for (String response : truth.ok("LIST \"\" *")) {
            Matcher listed = LISTED.matcher(response);
            if (listed.matches()) {
                truth.names.add(listed.group(1));
            }
        }
        for (String name : truth.names) {
            truth.examine(name);
        }
        return truth;
    }

    private List<String> ok(String command) throws IOException {
        String tag = conversation.begin(command);
        var untagged = new ArrayList<String>();
        for (String response = conversation.response(); ; response = conversation.response()) {
            if (response.startsWith(tag + " OK")) {
                return untagged;
            } else if (response.startsWith(tag + " ")) {
                throw new Contradiction("a fresh session got " + response, conversation);
            }
            untagged.add(response);
        }
    }

    private void examine(String name) throws IOException {
        var answer = new Answer("", ok("EXAMINE " + name + " (CONDSTORE)"));
        long validity = answer.number(UIDVALIDITY);
        long exists = answer.number(EXISTS);
        var view = new View(Dialect.CONDSTORE, name, validity, (int) exists, 1);
        views.put(validity, view);
        highestModSeqs.put(validity, answer.number(HIGHESTMODSEQ));
        if (exists > 0) {
            for (String response : ok("FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[])")) {
                String wrong = view.apply(response, Expunges.FORBIDDEN);
                if (wrong == null && !Letters.areRightIn(response)) {
                    wrong = "a body is not as it was";
                }
                if (wrong != null) {
                    throw new Contradiction("in " + name + ": " + wrong, conversation);
                }
            }
        }
        if (!view.messages().stream().allMatch(Message::isKnown)) {
            throw new Contradiction("a fresh session was not told all messages of " + name, conversation);
        }
    }

    Conversation conversation() {
        return conversation;
    }

    /** {@return all names that LIST has told} */
    List<String> names() {
        return names;
    }

    /** {@return the messages of a mailbox in their order; null when it is not there} */
    @Nullable
    List<Message> messages(long validity) {
        View view = views.get(validity);
        return view == null ? null : view.messages();
    }

    /** {@return the name of the mailbox} */
    String name(long validity) {
        return Objects.requireNonNull(views.get(validity)).name();
    }

    /** {@return the HIGHESTMODSEQ of each mailbox by UIDVALIDITY} */
    Map<Long, Long> highestModSeqs() {
        return highestModSeqs;
    }

    /** {@return all messages by UIDVALIDITY and UID} */
    Map<Long, Map<Long, Message>> all() {
        var all = new HashMap<Long, Map<Long, Message>>();
        views.forEach((validity, view) -> {
            var messages = new TreeMap<Long, Message>();
            view.messages().forEach(message -> messages.put(message.uid, message));
            all.put(validity, messages);
        });
        return all;
    }

    @Override
    public void close() throws IOException {
        conversation.close();
    }
}
