package heddle.server.transfer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;

/** Makes messages as they are found in the wild: nested, attached, encoded, 8-bit, broken; the same for the same seed. */
final class VariedMail {
    private static final List<String> CHARSETS =
            List.of("utf-8", "iso-8859-15", "koi8-r", "shift_jis", "windows-1252", "us-ascii");
    private static final List<String> TEXTS =
            List.of("Grüße aus Köln", "Привет, мир", "日本語のメール", "plain words", "a=b; c\td");

    private final Random random;
    private int boundaries;

    VariedMail(long seed) {
        random = new Random(seed);
    }

    List<byte[]> messages(int count) {
        var all = new ArrayList<byte[]>();
        for (int i = 0; i < count; i++) {
            all.add(message(i));
        }
        return all;
    }

    private byte[] message(int number) {
        var text = new StringBuilder();
        text.append("From: ")
                .append(word())
                .append(" <user")
                .append(random.nextInt(50))
                .append("@example.org>\n");
        text.append("To: list@example.net, \"Q. Uoted\" <q@example.net>\n");
        text.append("Subject: ").append(word()).append('\n');
        text.append("Message-ID: <")
                .append(number)
                .append('.')
                .append(random.nextLong())
                .append("@example.org>\n");
        text.append("Date: Tue, 3 Mar 2020 10:").append(10 + number % 50).append(":00 +0100\n");
        text.append(random.nextInt(20) == 0 ? "Broken header line\n" : "MIME-Version: 1.0\n");
        text.append(entity(0));
        String made = text.toString();
        if (random.nextInt(15) == 0) {
            made = made.substring(0, made.length() / 2) + "\n"; // cut off anywhere
        }
        if (random.nextInt(6) == 0) {
            made = made.replace("\n", "\r\n");
        }
        return (made.endsWith("\n") ? made : made + "\n").getBytes(ISO_8859_1);
    }

    /** Bytes as characters of ISO 8859-1; header, blank line, body. */
    private String entity(int depth) {
        return switch (random.nextInt(depth > 3 ? 4 : 7)) {
            case 0 -> {
                String charset = CHARSETS.get(random.nextInt(CHARSETS.size()));
                yield "Content-Type: text/plain; charset=" + charset + "\nContent-Transfer-Encoding: 8bit\n\n"
                        + new String((pick(TEXTS) + "\n").getBytes(Charset.forName(charset)), ISO_8859_1);
            }
            case 1 -> """
                    Content-Type: text/html; charset=utf-8
                    Content-Transfer-Encoding: quoted-printable

                    <p>Gr=C3=BC=C3=9Fe</p>=
                    <p>From here</p>

                    From me to you
                    >From a quote
                    """;
            case 2 -> attachment();
            case 3 -> "\n" + "just text\n".repeat(random.nextInt(400));
            case 4 -> "Content-Type: message/rfc822\n\nSubject: =?utf-8?Q?inner_=E2=9C=93?=\n" + entity(depth + 1);
            default -> multipart(depth);
        };
    }

    private String attachment() {
        var bytes = new byte[random.nextInt(random.nextInt(30) == 0 ? 400_000 : 4_000)];
        random.nextBytes(bytes);
        return """
                Content-Type: application/octet-stream; name*=utf-8''%E2%82%AC.bin
                Content-Disposition: attachment; filename="=?iso-8859-1?Q?=E4.bin?="
                Content-Transfer-Encoding: base64

                """ + Base64.getMimeEncoder(76, new byte[] {'\n'}).encodeToString(bytes) + "\n";
    }

    private String multipart(int depth) {
        String boundary = "=_" + boundaries++;
        var text = new StringBuilder("Content-Type: multipart/" + pick(List.of("mixed", "alternative", "digest")));
        text.append(random.nextInt(20) == 0 ? "\n\n" : "; boundary=\"" + boundary + "\"\n\n");
        text.append("preamble\n");
        for (int i = random.nextInt(4); i >= 0; i--) {
            text.append("--").append(boundary).append('\n').append(entity(depth + 1));
        }
        return text.append(random.nextInt(10) == 0 ? "" : "--" + boundary + "--\n")
                .toString();
    }

    private String word() {
        String text = pick(TEXTS);
        return switch (random.nextInt(3)) {
            case 0 -> "=?utf-8?B?" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "?=";
            case 1 -> new String(text.getBytes(StandardCharsets.UTF_8), ISO_8859_1); // 8-bit in a header
            default -> "folded\n subject " + "long ".repeat(random.nextInt(30));
        };
    }

    private <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Writes an mbox file as programs do that quote reversibly. */
    static void writeMbox(Path file, List<byte[]> messages) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (byte[] message : messages) {
                out.write("From sender@example.org Tue Mar  3 09:10:11 2020\n".getBytes(ISO_8859_1));
                String quoted = new String(message, ISO_8859_1).replaceAll("(?md)^(>*From )", ">$1");
                out.write(quoted.getBytes(ISO_8859_1));
                out.write('\n');
            }
        }
    }

    static byte[] withCrlf(byte[] message) {
        var mail = new ByteArrayOutputStream();
        for (int i = 0; i < message.length; i++) {
            if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) {
                mail.write('\r');
            }
            mail.write(message[i]);
        }
        return mail.toByteArray();
    }

    static byte[] withLf(byte[] message) {
        return new String(withCrlf(message), ISO_8859_1).replace("\r\n", "\n").getBytes(ISO_8859_1);
    }
}
