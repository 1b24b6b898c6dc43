package heddle.protocol.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages are put together at random, and the parser must find each part where it was put. */
class MessageTreePropertyTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void findsEachPartWhereItWasPut(long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            var generator = new Generator(random);
            MessagePart expected = generator.message();
            byte[] message = generator.out.toString().getBytes(ISO_8859_1);
            ParsedMessage parsed = MessageParser.parse(MessageSource.of(message), MimeLimits.DEFAULT);
            assertThat(parsed.root()).as("seed %d, message %d", seed, i).isEqualTo(expected);
            assertThat(MessagePart.fromBytes(parsed.root().toBytes())).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13})
    void givesTheSameHoweverTheBytesAreSplit(long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            var generator = new Generator(random);
            generator.message();
            byte[] message = damaged(generator.out.toString().getBytes(ISO_8859_1), random);
            ParsedMessage whole = MessageParser.parse(MessageSource.of(message), MimeLimits.DEFAULT);
            assertThat(isList(whole.structure().envelope())
                            && isList(whole.structure().body())
                            && isList(whole.structure().bodyStructure()))
                    .as("seed %d, message %d: a list in IMAP's syntax", seed, i)
                    .isTrue();
            for (int most : new int[] {1, 2, 7, 1000}) {
                ParsedMessage split = MessageParser.parse(split(message, most), MimeLimits.DEFAULT);
                assertThat(split)
                        .as("seed %d, message %d, %d at a time", seed, i, most)
                        .usingRecursiveComparison()
                        .isEqualTo(whole);
            }
        }
    }

    /** {@return whether this is one parenthesised list of strings, numbers, NIL and such lists} */
    private static boolean isList(byte[] octets) {
        String text = new String(octets, ISO_8859_1);
        int depth = 0;
        int i = 0;
        while (i < text.length() && (depth > 0 || i == 0)) {
            char c = text.charAt(i++);
            if (c == '(' || c == ')') {
                depth += c == '(' ? 1 : -1;
            } else if (c == '"') {
                while (text.charAt(i) != '"') {
                    if (text.charAt(i) > 0x7f || "\r\n\0".indexOf(text.charAt(i)) >= 0) {
                        return false;
                    }
                    i += text.charAt(i) == '\\' ? 2 : 1;
                }
                i++;
            } else if (c == '{') {
                int end = text.indexOf("}\r\n", i);
                int length = Integer.parseInt(text, i, end, 10);
                i = end + 3 + length;
                if (text.substring(end, i).indexOf('\0') >= 0) {
                    return false;
                }
            } else if (c == 'N') {
                if (!text.startsWith("IL", i)) {
                    return false;
                }
                i += 2;
            } else if (c != ' ' && !Character.isDigit(c)) {
                return false;
            }
        }
        return depth == 0 && i == text.length();
    }

    /** Some octets are changed to those that mean something. */
    private static byte[] damaged(byte[] message, Random random) {
        byte[] meaningful = "\r\n\n -=:;,\"<>()@\0\\-\u00e9".getBytes(ISO_8859_1);
        for (int i = random.nextInt(10); i > 0; i--) {
            message[random.nextInt(message.length)] = meaningful[random.nextInt(meaningful.length)];
        }
        return message;
    }

    /** A message that is read a few octets at a time. */
    private static MessageSource split(byte[] message, int most) {
        return new MessageSource() {
            @Override
            public long size() {
                return message.length;
            }

            @Override
            public InputStream open() {
                return new FilterInputStream(new ByteArrayInputStream(message)) {
                    @Override
                    public int read(byte[] target, int offset, int length) throws IOException {
                        return super.read(target, offset, Math.min(most, length));
                    }
                };
            }
        };
    }

    /** Writes a message and remembers where its parts are. */
    private static final class Generator {
        private static final String[] LINES = {
            "text",
            "",
            "--",
            "-- ",
            "--bound",
            "-",
            "  indented",
            "a longer line of text, with \u00e9 in it",
            "\0",
            "=3D="
        };

        private final Random random;
        private final StringBuilder out = new StringBuilder();
        private int boundaries;

        Generator(Random random) {
            this.random = random;
        }

        private MessagePart message() {
            if (random.nextInt(20) > 0) {
                out.append("Subject: a\r\n folded one\r\nFrom: \"x\" <a@b>\r\n");
            }
            return part(0, 0);
        }

        /** Writes a part whose header has begun at {@code start}. */
        private MessagePart part(int start, int depth) {
            int kind = depth > 5 ? 0 : random.nextInt(4);
            return switch (kind) {
                case 0, 1 -> leaf(start);
                case 2 -> multipart(start, depth);
                default -> encapsulated(start, depth);
            };
        }

        private MessagePart leaf(int start) {
            boolean isText = random.nextBoolean();
            String encoding = random.nextBoolean() ? "7bit" : "base64";
            out.append("Content-Transfer-Encoding: ").append(encoding);
            out.append(
                    isText
                            ? "\r\nContent-Type: text/html; charset=x\r\n\r\n"
                            : "\r\ncontent-type:\r\n\tIMAGE/gif\r\n\r\n");
            int body = out.length();
            for (int i = random.nextInt(random.nextInt(20) == 0 ? 1000 : 5); i > 0; i--) {
                out.append(LINES[random.nextInt(LINES.length)]).append(random.nextInt(5) == 0 ? "\n" : "\r\n");
            }
            if (random.nextBoolean()) {
                out.append("last");
            }
            var type = isText ? new ContentType("text", "html", "x") : new ContentType("image", "gif", "");
            return ended(start, body, type, encoding, List.of());
        }

        private MessagePart multipart(int start, int depth) {
            String boundary = "bound" + boundaries++ + (random.nextBoolean() ? "" : " '+x");
            out.append("Content-Type: multipart/mixed; boundary=\"")
                    .append(boundary)
                    .append("\"\r\n\r\n");
            int body = out.length();
            out.append(random.nextBoolean() ? "" : "a preamble\r\n");
            var children = new ArrayList<MessagePart>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                out.append("--").append(boundary).append(random.nextInt(4) == 0 ? " \t\r\n" : "\r\n");
                children.add(part(out.length(), depth + 1));
                out.append(random.nextInt(4) == 0 && !endsWithReturn() ? "\n" : "\r\n");
            }
            out.append("--").append(boundary).append("--");
            out.append(random.nextBoolean() ? "" : "\r\n\r\nan epilogue");
            return ended(start, body, new ContentType("multipart", "mixed", ""), "7bit", children);
        }

        private boolean endsWithReturn() {
            return out.charAt(out.length() - 1) == '\r';
        }

        private MessagePart encapsulated(int start, int depth) {
            out.append("Content-Type: message/rfc822\r\n\r\n");
            int body = out.length();
            out.append("Subject: inner\r\n");
            MessagePart child = part(body, depth + 1);
            return ended(start, body, new ContentType("message", "rfc822", ""), "7bit", List.of(child));
        }

        private MessagePart ended(int start, int body, ContentType type, String encoding, List<MessagePart> children) {
            long lines = out.substring(body).chars().filter(c -> c == '\n').count();
            var header = new ByteRange(start, body - start);
            return new MessagePart(header, new ByteRange(body, out.length() - body), lines, type, encoding, children);
        }
    }
}
