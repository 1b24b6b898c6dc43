package heddle.server.kill;

import java.util.Random;

/** Messages whose every octet follows from their name. */
final class Texts {
    private static final int LARGEST = 60_000;

    private Texts() {}

    static String of(String id) {
        var random = new Random(id.hashCode());
        int size = random.nextInt(10) == 0 ? random.nextInt(LARGEST) : random.nextInt(2_000);
        var text = new StringBuilder("Message-ID: <" + id + "@kill>\r\nSubject: " + id + "\r\n\r\n");
        while (text.length() < size) {
            text.append(Long.toString(random.nextLong(), 36)).append(random.nextInt(5) == 0 ? "\r\n" : " ");
        }
        return text.append("\r\n").toString();
    }
}
