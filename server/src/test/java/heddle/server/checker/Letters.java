package heddle.server.checker;

import java.util.Random;

/** Messages whose every octet follows from their id. */
final class Letters {
    private static final int LARGEST = 3_000;

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
}
