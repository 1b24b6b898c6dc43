package heddle.server.transcript;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A conversation, as it stands in a file:
 *
 * <pre>
 * ! auth.plaintext=never     a setting of the server, in place of its default
 * # words                    a comment
 * C: a1 NOOP                 a line that client 1 sends
 * S: a1 OK ...               a response that it gets next; ... stands for any text
 * C2: S2:                    the same for a second client, which connects when it first speaks
 * S?:                        consecutive ones come in any order
 * C: a2 APPEND INBOX {=}     a literal of the C| lines below, counted; {=+} for one that does not wait
 * C| line                    a line of a literal, with its line end; what follows the literal is the next C: line
 * S: * 1 FETCH (BODY[] {=}   a literal of the S| lines below; what follows it is the next S: line
 * &lt;uid&gt;                      whatever comes first, and from then on the same, in C: lines too
 * &lt;x00&gt; &lt;x41*9000&gt;           an octet in hexadecimal, once or many times
 * C: &lt;starttls&gt;              shakes hands
 * C: &lt;compress&gt;              compresses from now on
 * C: &lt;uncompress&gt;            does not any more
 * C: &lt;close&gt;                 goes away
 * C: &lt;pod2&gt;                  connects to the second server of the database, as clients with even numbers do anyway
 * S: &lt;closed&gt;                the server has closed the connection
 * </pre>
 */
final class Transcript {
    private static final Pattern LINE = Pattern.compile("([CS])([2-9]?)(\\??)([:|]) ?(.*)", Pattern.DOTALL);
    private static final Pattern TOKEN =
            Pattern.compile("<x([0-9A-F]{2})(?:\\*([0-9]+))?>|<([a-z][a-z0-9-]*)>|\\.\\.\\.");
    private static final Pattern ACT = Pattern.compile("<(?:starttls|compress|uncompress|close|pod([1-9]))>\r\n");
    private static final Pattern COUNTED = Pattern.compile("\\{=(\\+?)}$");
    private static final Pattern ANNOUNCED = Pattern.compile("\\{[0-9]+}$");

    /** Who does what. */
    enum Kind {
        SENDS,
        GETS,
        GETS_IN_ANY_ORDER
    }

    /**
     * One thing that happens.
     *
     * @param line where in the file
     * @param text octets, with the line ends in it; of what is sent also the last one
     */
    record Step(int line, int client, Kind kind, String text) {
        /** Whether the client does something else than sending. */
        boolean isAct() {
            return kind == Kind.SENDS && ACT.matcher(text).matches();
        }

        /** {@return the number of the server that the client connects to: 1, unless this step says otherwise} */
        int pod() {
            Matcher act = ACT.matcher(text);
            return act.matches() && act.group(1) != null ? Integer.parseInt(act.group(1)) : 1;
        }
    }

    private final String name;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<Step> steps = new ArrayList<>();

    private Transcript(String name) {
        this.name = name;
    }

    static Transcript read(Path file) throws IOException {
        var transcript = new Transcript(file.getFileName().toString());
        transcript.parse(Files.readAllLines(file, UTF_8));
        return transcript;
    }

    String name() {
        return name;
    }

    Map<String, String> settings() {
        return settings;
    }

    List<Step> steps() {
        return steps;
    }

    /** {@return how many servers on one database it needs} */
    int pods() {
        return steps.stream().mapToInt(Step::pod).max().orElse(1);
    }

    private record Line(int number, char side, int client, boolean isAnyOrder, boolean isLiteral, String text) {
        boolean isOf(Line other) {
            return side == other.side && client == other.client;
        }
    }

    private void parse(List<String> texts) {
        var lines = new ArrayList<Line>();
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            if (text.startsWith("!")) {
                String[] setting = text.substring(1).strip().split("=", 2);
                settings.put(setting[0], setting[1]);
            } else if (!text.isBlank() && !text.startsWith("#")) {
                lines.add(line(i + 1, text));
            }
        }
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            if (line.side == 'C') {
                String text = line.isLiteral ? line.text : counted(line.text, block(lines, i));
                steps.add(new Step(line.number, line.client, Kind.SENDS, text + "\r\n"));
            } else {
                i = response(lines, i);
            }
        }
    }

    private Line line(int number, String text) {
        Matcher line = LINE.matcher(new String(text.getBytes(UTF_8), ISO_8859_1));
        if (!line.matches()) {
            throw new IllegalArgumentException(name + ":" + number + ": what is this? " + text);
        }
        return new Line(
                number,
                line.group(1).charAt(0),
                line.group(2).isEmpty() ? 1 : Integer.parseInt(line.group(2)),
                !line.group(3).isEmpty(),
                line.group(4).equals("|"),
                line.group(5));
    }

    /** {@return how long the literal is whose lines come next for the same side} */
    private static int block(List<Line> lines, int from) {
        int size = 0;
        boolean found = false;
        for (Line line : lines.subList(from + 1, lines.size())) {
            if (line.isOf(lines.get(from))) {
                if (!line.isLiteral) {
                    break;
                }
                found = true;
                size += octets(line.text).length() + 2;
            } else if (found) {
                break;
            }
        }
        return size;
    }

    private static String counted(String text, int size) {
        return COUNTED.matcher(text).replaceFirst("{" + size + "$1}");
    }

    /** Puts the lines of one response together. {@return the index of the last} */
    private int response(List<Line> lines, int from) {
        Line first = lines.get(from);
        String text = counted(first.text, block(lines, from));
        int last = from;
        boolean isOpen = ANNOUNCED.matcher(text).find();
        var whole = new StringBuilder(text);
        if (isOpen) {
            whole.append("\r\n");
        }
        while (isOpen) {
            Line line = lines.get(++last);
            if (line.isLiteral) {
                whole.append(line.text).append("\r\n");
            } else {
                text = counted(line.text, block(lines, last));
                whole.append(text);
                isOpen = ANNOUNCED.matcher(text).find();
                if (isOpen) {
                    whole.append("\r\n");
                }
            }
        }
        steps.add(new Step(
                first.number, first.client, first.isAnyOrder ? Kind.GETS_IN_ANY_ORDER : Kind.GETS, whole.toString()));
        return last;
    }

    /** {@return the text with octets for their hexadecimal names} */
    private static String octets(String text) {
        return expand(text, Map.of());
    }

    /** {@return what is sent for {@code text}} */
    static String expand(String text, Map<String, String> names) {
        return TOKEN.matcher(text).replaceAll(token -> {
            String octet = octet(token.group(1), token.group(2));
            String value = token.group(3) == null ? null : names.get(token.group(3));
            return Matcher.quoteReplacement(octet != null ? octet : value != null ? value : token.group());
        });
    }

    private static @Nullable String octet(@Nullable String hexadecimal, @Nullable String times) {
        if (hexadecimal == null) {
            return null;
        }
        String octet = String.valueOf((char) Integer.parseInt(hexadecimal, 16));
        return times == null ? octet : octet.repeat(Integer.parseInt(times));
    }

    /** {@return whether {@code got} is what {@code expected} describes; if so, new names are bound} */
    static boolean matches(String expected, String got, Map<String, String> names) {
        var pattern = new StringBuilder();
        var groups = new ArrayList<String>();
        Matcher token = TOKEN.matcher(expected);
        int at = 0;
        while (token.find()) {
            pattern.append(Pattern.quote(expected.substring(at, token.start())));
            at = token.end();
            String octet = octet(token.group(1), token.group(2));
            String name = token.group(3);
            if (octet != null) {
                pattern.append(Pattern.quote(octet));
            } else if (name == null) {
                pattern.append(".*");
            } else if (names.containsKey(name)) {
                pattern.append(Pattern.quote(names.get(name)));
            } else if (groups.contains(name)) {
                pattern.append("\\").append(groups.indexOf(name) + 1);
            } else {
                groups.add(name);
                pattern.append("([^ ()\\[\\]\"\r\n]+)");
            }
        }
        pattern.append(Pattern.quote(expected.substring(at)));
        Matcher match = Pattern.compile(pattern.toString(), Pattern.DOTALL).matcher(got);
        if (!match.matches()) {
            return false;
        }
        for (int i = 0; i < groups.size(); i++) {
            names.put(groups.get(i), match.group(i + 1));
        }
        return true;
    }
}
