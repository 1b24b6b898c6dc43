package heddle.server.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.server.metrics.ListenerMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;

/** DEFLATE upon a layer that is only bytes. */
class DeflateLayerTest {
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private ByteArrayInputStream arriving = new ByteArrayInputStream(new byte[0]);
    private final DeflateLayer layer = new DeflateLayer(
            new Bytes(),
            new BufferPool(TlsLayer.BUFFER_SIZE, 4),
            new ListenerMeters(new SimpleMeterRegistry(), "imap"));

    private final class Bytes implements Layer {
        @Override
        public int read(byte[] target, int offset, int length) {
            return arriving.read(target, offset, Math.min(length, 100));
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            sent.write(source, offset, length);
        }

        @Override
        public void end() {
            sent.write('.');
        }
    }

    /** However often the session is idle between two writes: the client sees one stream, and all of what was written. */
    @Test
    void isOneStreamWhateverComesAndGoes() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var written = new ByteArrayOutputStream();
        for (int i = 0; i < 60; i++) {
            byte[] piece = new byte[random.nextInt(i % 10 == 0 ? 200_000 : 300)];
            random.nextBytes(piece);
            if (random.nextBoolean()) {
                Arrays.fill(piece, (byte) 'a');
            }
            layer.idle(random.nextBoolean());
            layer.write(piece, 0, piece.length);
            written.write(piece);
            assertThat(inflated()).as("seed %d, piece %d", seed, i).isEqualTo(written.toByteArray());
        }
        layer.release();
    }

    /** {@return what a client has by now: every write is flushed} */
    private byte[] inflated() throws IOException {
        var all = new ByteArrayOutputStream();
        try (var in = new InflaterInputStream(new ByteArrayInputStream(sent.toByteArray()), new Inflater(true))) {
            var buffer = new byte[10_000];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                all.write(buffer, 0, count);
            }
        } catch (EOFException end) {
            // A stream that is only flushed has no end.
        }
        return all.toByteArray();
    }

    @Test
    void readsWhatAClientCompresses() throws IOException {
        byte[] text = "a1 NOOP\r\n".repeat(5000).getBytes(US_ASCII);
        layer.write(text, 0, text.length);
        assertThat(sent.size()).isLessThan(text.length / 20);
        arriving = new ByteArrayInputStream(sent.toByteArray());
        var received = new ByteArrayOutputStream();
        var buffer = new byte[333];
        for (int count = layer.read(buffer, 0, 333); count >= 0; count = layer.read(buffer, 0, 333)) {
            received.write(buffer, 0, count);
        }
        assertThat(received.toByteArray()).isEqualTo(text);
    }

    @Test
    void refusesWhatIsNotCompressed() {
        arriving = new ByteArrayInputStream(new byte[] {(byte) 0xFF, (byte) 0xFF, 'x'});
        assertThatThrownBy(() -> layer.read(new byte[10], 0, 10)).isInstanceOf(IOException.class);
    }

    @Test
    void writesNothingOnceItIsReleased() throws IOException {
        layer.release();
        layer.release();
        assertThatThrownBy(() -> layer.write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
        layer.end();
        assertThat(sent.toString(US_ASCII)).isEqualTo(".");
    }
}
