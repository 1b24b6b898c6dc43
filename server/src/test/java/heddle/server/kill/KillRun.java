package heddle.server.kill;

import heddle.server.TestClient;
import heddle.server.kill.Expectations.Message;
import heddle.server.kill.Expectations.Place;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kills the server, and in other rounds its database, while 8 clients write, and then looks whether all that was acknowledged is
 * there, once, with the right bytes and flags. Arguments: the start script, an empty directory, the number of rounds of each kind,
 * and a seed.
 */
public final class KillRun {
    static final String USER = "kill";
    static final String PASSWORD = "secret";

    private static final int CLIENTS = 8;
    private static final int BIG = 50 << 20;
    private static final Pattern FETCHED = Pattern.compile(
            "(?s)\\* [0-9]+ FETCH \\(UID ([0-9]+) FLAGS \\(([^)]*)\\) BODY\\[] \\{[0-9]+}\\r\\n(.*)\\)");
    private static final Pattern SUBJECT = Pattern.compile("\r\nSubject: (\\S+)\r\n");

    private final Path script;
    private final Path data;
    private final Random random;
    private final PrintStream out = System.out;
    private final Expectations expectations = new Expectations();
    private final Journal journal = new Journal();
    private final List<List<Message>> owned = new ArrayList<>();

    private KillRun(Path script, Path directory, long seed) throws IOException {
        this.script = script;
        this.data = Files.createDirectories(directory.resolve("data"));
        this.random = new Random(seed);
        for (int client = 0; client < CLIENTS; client++) {
            owned.add(new ArrayList<>());
        }
    }

    private enum Victim {
        SERVER,
        DATABASE
    }

    /**
     * Runs all rounds.
     *
     * @throws Exception when anything is lost, doubled or wrong
     */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[2]);
        long seed = arguments.length > 3 ? Long.parseLong(arguments[3]) : System.nanoTime();
        System.out.println("seed " + seed);
        var run = new KillRun(Path.of(arguments[0]).toAbsolutePath(), Path.of(arguments[1]), seed);
        run.addAccount();
        for (int round = 0; round < rounds; round++) {
            run.round(2 * round, Victim.SERVER);
            run.round(2 * round + 1, Victim.DATABASE);
        }
        run.killDuringFetch();
        System.out.println("nothing lost, nothing twice, no wrong byte");
    }

    private void addAccount() throws IOException, InterruptedException {
        Path accounts = Files.writeString(data.resolveSibling("accounts"), USER + ":" + PASSWORD + "\n");
        Process add = new ProcessBuilder(
                        script.toString(), "account", "add", "--data", data.toString(), "--from", accounts.toString())
                .inheritIO()
                .start();
        if (add.waitFor() != 0) {
            throw new IOException("the account was not added");
        }
    }

    private void round(int number, Victim victim) throws IOException, InterruptedException, SQLException {
        ServerProcess server = ServerProcess.start(script, data, Map.of());
        var wrong = new CopyOnWriteArrayList<RuntimeException>();
        var workers = new ArrayList<Worker>();
        var threads = new ArrayList<Thread>();
        for (int client = 0; client < CLIENTS; client++) {
            String name = number + "-" + client;
            var worker = new Worker(server.port(), name, random.nextLong(), expectations, owned.get(client), wrong);
            workers.add(worker);
            threads.add(Thread.ofVirtual().start(worker));
        }
        EmbeddedDatabase.Address database = server.database();
        long end = System.nanoTime() + (2_000 + random.nextInt(3_000)) * 1_000_000L;
        while (System.nanoTime() < end) {
            Thread.sleep(100);
            journal.read(database);
        }
        switch (victim) {
            case SERVER -> server.kill();
            case DATABASE -> {
                server.killDatabase();
                refusesPolitely(server);
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }
        int code = server.awaitEnd();
        if (victim == Victim.DATABASE && code != 1) {
            throw new IllegalStateException("the server without a database ended with " + code);
        }
        verify(wrong);
        out.printf(
                "round %d: killed the %s after %d acknowledged steps; %d messages and %d changes so far%n",
                number,
                victim.name().toLowerCase(java.util.Locale.ROOT),
                workers.stream().mapToInt(Worker::acknowledged).sum(),
                expectations.size(),
                journal.size());
    }

    /** A server whose database is gone says so, or is gone as well. */
    private static void refusesPolitely(ServerProcess server) {
        try (var client = new TestClient(server.port())) {
            client.greeting();
            List<String> answers = client.command("LOGIN " + USER + " " + PASSWORD);
            if (!answers.isEmpty() && !answers.getLast().contains("[UNAVAILABLE]")) {
                throw new IllegalStateException("without a database LOGIN was answered with " + answers);
            }
        } catch (IOException closed) {
            // as good
        }
    }

    private void verify(List<RuntimeException> wrong) throws IOException, SQLException {
        if (!wrong.isEmpty()) {
            throw wrong.getFirst();
        }
        ServerProcess server = ServerProcess.start(script, data, Map.of());
        journal.read(server.database());
        Journal.check(server.database());
        var found = new HashMap<String, Place>();
        try (TestClient client = logIn(server)) {
            for (String mailbox : Worker.MAILBOXES) {
                client.ok("EXAMINE " + mailbox);
                for (String answer : client.ok("UID FETCH 1:* (UID FLAGS BODY.PEEK[])")) {
                    Matcher message = FETCHED.matcher(answer);
                    if (message.matches()) {
                        found(mailbox, message, found);
                    }
                }
            }
        }
        expectations.settle(found);
        server.stop();
    }

    private static void found(String mailbox, Matcher message, Map<String, Place> found) {
        String text = message.group(3);
        Matcher subject = SUBJECT.matcher(text);
        if (!subject.find() || !text.equals(Texts.of(subject.group(1)))) {
            throw new IllegalStateException("wrong bytes at UID " + message.group(1) + " of " + mailbox);
        }
        String flag = message.group(2).replace("\\Recent", "").strip();
        var place = new Place(mailbox, Long.valueOf(message.group(1)), flag);
        Place twice = found.put(subject.group(1), place);
        if (twice != null) {
            throw new IllegalStateException(subject.group(1) + " is there twice: " + twice + ", " + place);
        }
    }

    private static TestClient logIn(ServerProcess server) throws IOException {
        var client = new TestClient(server.port());
        client.greeting();
        client.ok("LOGIN " + USER + " " + PASSWORD);
        return client;
    }

    /** The database dies in the middle of a FETCH of 50 MB: what has come is right, and nothing comes after it. */
    private void killDuringFetch() throws IOException {
        ServerProcess server = ServerProcess.start(script, data, Map.of());
        byte[] big = bigMessage();
        try (TestClient client = logIn(server)) {
            client.send("b1 APPEND Drafts {" + big.length + "+}\r\n");
            client.send(big);
            client.send("\r\n");
            client.answers("b1");
            client.ok("SELECT Drafts");
            String tag = client.begin("FETCH * BODY.PEEK[]");
            InputStream in = client.input();
            String announced = "* 1 FETCH (BODY[] {" + big.length + "}\r\n";
            same(in, announced.getBytes(StandardCharsets.US_ASCII), 0, announced.length());
            int read = 2 << 20;
            same(in, big, 0, read);
            server.killDatabase();
            int came = sameUntilEnd(in, big, read);
            out.printf(
                    "killed the database in a FETCH (%s) of %d octets: %d came and were right%n",
                    tag, big.length, came);
        }
        server.awaitEnd();
    }

    private static void same(InputStream in, byte[] expected, int from, int to) throws IOException {
        byte[] read = in.readNBytes(to - from);
        int different = java.util.Arrays.mismatch(read, 0, read.length, expected, from, to);
        if (different >= 0) {
            throw new IllegalStateException("a wrong octet at " + (from + different));
        }
    }

    /** {@return how many octets came; fewer than there are, and nothing else behind them} */
    private static int sameUntilEnd(InputStream in, byte[] expected, int from) throws IOException {
        int at = from;
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read(), at++) {
                if (at == expected.length) {
                    throw new IllegalStateException("the whole message came: the database died too late");
                }
                if ((byte) octet != expected[at]) {
                    throw new IllegalStateException("a wrong octet at " + at);
                }
            }
        } catch (EOFException | java.net.SocketException closed) {
            // a reset ends the connection too
        }
        return at;
    }

    private byte[] bigMessage() {
        byte[] message = new byte[BIG];
        random.nextBytes(message);
        for (int at = 0; at < message.length; at++) {
            message[at] = at % 78 == 76 ? (byte) '\r' : at % 78 == 77 ? (byte) '\n' : (byte) ('0' + (message[at] & 63));
        }
        byte[] header = "Subject: big\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(header, 0, message, 0, header.length);
        return message;
    }
}
