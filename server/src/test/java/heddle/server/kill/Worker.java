package heddle.server.kill;

import heddle.server.TestClient;
import heddle.server.kill.Expectations.Message;
import heddle.server.kill.Expectations.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One client that appends, flags, moves and expunges messages of its own until the server is gone. */
final class Worker implements Runnable {
    /** Both are used by all clients at once. */
    static final List<String> MAILBOXES = List.of("INBOX", "Archive");

    private static final List<String> FLAGS = List.of("", "\\Seen", "\\Flagged", "$Kept");
    private static final Pattern APPENDUID = Pattern.compile("\\[APPENDUID [0-9]+ ([0-9]+)]");
    private static final Pattern COPYUID = Pattern.compile("\\[COPYUID [0-9]+ [0-9]+ ([0-9]+)]");
    private static final int KEPT = 30;

    private final int port;
    private final String name;
    private final Random random;
    private final Expectations expectations;
    private final List<Message> own;
    private final List<RuntimeException> wrong;
    private int acknowledged;

    /**
     * @param name different for each client of each round
     * @param own its messages from earlier rounds; new ones are added
     * @param wrong takes what must not happen
     */
    Worker(
            int port,
            String name,
            long seed,
            Expectations expectations,
            List<Message> own,
            List<RuntimeException> wrong) {
        this.port = port;
        this.name = name;
        this.random = new Random(seed);
        this.expectations = expectations;
        this.own = own;
        this.wrong = wrong;
    }

    int acknowledged() {
        return acknowledged;
    }

    @Override
    public void run() {
        try (var client = new TestClient(port)) {
            client.greeting();
            client.ok("LOGIN " + KillRun.USER + " " + KillRun.PASSWORD);
            for (int number = 0; ; number++) {
                step(client, name + "-" + number);
                acknowledged++;
            }
        } catch (IOException gone) {
            // killed, or the database is: what was under way may have happened or not
        } catch (RuntimeException failed) {
            wrong.add(failed);
        }
    }

    private void step(TestClient client, String id) throws IOException {
        List<Message> present = new ArrayList<>(
                own.stream().filter(message -> message.place() != null).toList());
        if (present.size() < KEPT / 2 || present.size() < KEPT && random.nextBoolean()) {
            append(client, id);
            return;
        }
        Message message = present.get(random.nextInt(present.size()));
        Place place = message.place();
        if (place == null) {
            throw new IllegalStateException("another client has changed " + message.id());
        }
        switch (random.nextInt(4)) {
            case 0 -> move(client, message, place);
            case 1 -> expunge(client, message, place);
            default -> store(client, message, place);
        }
    }

    private void append(TestClient client, String id) throws IOException {
        String mailbox = MAILBOXES.get(random.nextInt(2));
        String flag = FLAGS.get(random.nextInt(FLAGS.size()));
        Message message = expectations.begin(id);
        own.add(message);
        message.mayBe(new Place(mailbox, null, flag));
        String text = Texts.of(id);
        List<String> answers = client.ok("APPEND " + mailbox + " (" + flag + ") {" + text.length() + "+}\r\n" + text);
        message.is(new Place(mailbox, told(APPENDUID, answers, mailbox, id), flag));
    }

    private void store(TestClient client, Message message, Place place) throws IOException {
        String flag = FLAGS.get(random.nextInt(FLAGS.size()));
        var after = new Place(place.mailbox(), place.uid(), flag);
        client.ok("SELECT " + place.mailbox());
        message.mayBe(after);
        client.ok("UID STORE " + place.uid() + " FLAGS (" + flag + ")");
        message.is(after);
    }

    private void move(TestClient client, Message message, Place place) throws IOException {
        String target = place.mailbox().equals(MAILBOXES.getFirst()) ? MAILBOXES.getLast() : MAILBOXES.getFirst();
        client.ok("SELECT " + place.mailbox());
        message.mayBe(new Place(target, null, place.flag()));
        List<String> answers = client.ok("UID MOVE " + place.uid() + " " + target);
        message.is(new Place(target, told(COPYUID, answers, target, message.id()), place.flag()));
    }

    private void expunge(TestClient client, Message message, Place place) throws IOException {
        var deleted = new Place(place.mailbox(), place.uid(), "\\Deleted");
        client.ok("SELECT " + place.mailbox());
        message.mayBe(deleted);
        client.ok("UID STORE " + place.uid() + " FLAGS (\\Deleted)");
        message.is(deleted);
        message.mayBe(null);
        client.ok("UID EXPUNGE " + place.uid());
        message.is(null);
    }

    private long told(Pattern code, List<String> answers, String mailbox, String id) {
        @Nullable Long uid = null;
        for (String answer : answers) {
            Matcher found = code.matcher(answer);
            if (found.find()) {
                uid = Long.valueOf(found.group(1));
            }
        }
        if (uid == null) {
            throw new IllegalStateException("no UID was told: " + answers);
        }
        expectations.holds(mailbox, uid, id);
        return uid;
    }
}
