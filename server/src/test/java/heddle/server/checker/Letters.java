package heddle.server.checker;

import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Messages whose every octet follows from their id. */
final class Letters {
    private static final int LARGEST = 3_000;
    private static final Pattern BODY = Pattern.compile("(?s)BODY\\[] \\{[0-9]+}\\r\\n(.*)\\)$");

    private Letters() {}

    static String of(String id) {
        var random = new Random(id.hashCode());
        int size = random.nextInt(LARGEST);
        var text = new StringBuilder("Subject: " + id + "\r\n\r\n");
        while (text.length() < size) {
            text.append(Long.toString(random.nextLong(), 36)).append(random.nextInt(5) == 0 ? "\r\n" : " ");
        }
        return text.append("\r\n").toString();
    }

    /** Whether the body that this FETCH response tells, if it tells one, is as it was sent. */
    static boolean areRightIn(String response) {
        Matcher told = BODY.matcher(response);
        return !told.find() || isRight(told.group(1));
    }

    private static boolean isRight(String body) {
        String first = body.lines().findFirst().orElse("");
        return body.equals(of(first.substring(first.indexOf(' ') + 1)));
    }
}
