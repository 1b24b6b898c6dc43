package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.MailboxName;
import heddle.protocol.SequenceSet;
import heddle.protocol.UidSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the writer writes, the reader reads. */
class WirePropertyTest {
    private interface Writing {
        void to(WireWriter out) throws IOException;
    }

    private static WireReader reads(Writing writing) throws IOException {
        var octets = new ByteArrayOutputStream();
        var out = new WireWriter(octets);
        writing.to(out);
        out.flush();
        return TestClient.line(octets.toString(StandardCharsets.ISO_8859_1));
    }

    @Test
    void strings() throws IOException {
        for (int seed = 0; seed < 5_000; seed++) {
            var random = new Random(seed);
            byte[] octets = new byte[random.nextInt(20)];
            for (int i = 0; i < octets.length; i++) {
                octets[i] = (byte) (1 + random.nextInt(random.nextBoolean() ? 255 : 126));
            }
            assertThat(reads(out -> out.string(octets)).string())
                    .as("seed %d", seed)
                    .isEqualTo(octets);
        }
    }

    @Test
    void astrings() throws IOException {
        for (int seed = 0; seed < 5_000; seed++) {
            var random = new Random(seed);
            var text = new StringBuilder();
            for (int i = random.nextInt(10); i > 0; i--) {
                text.append((char) (1 + random.nextInt(300)));
            }
            assertThat(reads(out -> out.astring(text.toString())).text())
                    .as("seed %d", seed)
                    .isEqualTo(text.toString());
        }
    }

    @Test
    void mailboxNames() throws IOException {
        for (int seed = 0; seed < 5_000; seed++) {
            var random = new Random(seed);
            var text = new StringBuilder();
            for (int i = random.nextInt(10); i >= 0; i--) {
                text.append("aZ9 &-%*\"\\~éß日😀"
                        .codePoints()
                        .skip(random.nextInt(14))
                        .limit(1)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append));
            }
            var name = new MailboxName(text.toString());
            assertThat(reads(out -> out.mailbox(name)).mailbox())
                    .as("seed %d", seed)
                    .isEqualTo(name);
        }
    }

    @Test
    void sets() throws IOException {
        UidSet everything = UidSet.range(1, 4_294_967_295L);
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            var builder = new UidSet.Builder();
            for (int i = random.nextInt(20); i >= 0; i--) {
                long low = random.nextLong(1, random.nextBoolean() ? 100 : 4_294_967_296L);
                builder.addRange(low, Math.min(4_294_967_295L, low + random.nextInt(10)));
            }
            UidSet set = builder.build();
            SequenceSet read = reads(out -> out.uidSet(set)).sequenceSet();
            assertThat(read.uids(everything)).as("seed %d", seed).isEqualTo(set);
        }
    }
}
