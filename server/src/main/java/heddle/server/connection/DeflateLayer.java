package heddle.server.connection;

import heddle.server.metrics.ListenerMeters;
import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * DEFLATE upon another layer (RFC 4978). A compressor holds some 270 KiB of native memory: while the session is idle there
 * is none. After a flush the stream stands at the border of an octet, where a fresh one can go on in it.
 *
 * <p>One thread reads. Writes come from any thread, one at a time.
 */
final class DeflateLayer implements Layer {
    private static final int INPUT = 4 << 10;

    private final Layer below;
    private final BufferPool buffers;
    private final ListenerMeters meters;
    private final Inflater inflater = new Inflater(true);
    private final byte[] compressed = new byte[INPUT];
    private @Nullable Deflater deflater;
    private boolean idle;
    private boolean released;

    /** @param buffers for what is on its way out */
    DeflateLayer(Layer below, BufferPool buffers, ListenerMeters meters) {
        this.below = below;
        this.buffers = buffers;
        this.meters = meters;
    }

    Layer below() {
        return below;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            while (true) {
                int count = inflater.inflate(target, offset, length);
                if (count > 0) {
                    meters.receivedInflated(count);
                    return count;
                }
                if (inflater.finished() || inflater.needsDictionary()) {
                    throw new IOException("the compressed stream has ended");
                }
                int arrived = below.read(compressed, 0, compressed.length);
                if (arrived < 0) {
                    return -1;
                }
                meters.receivedDeflated(arrived);
                inflater.setInput(compressed, 0, arrived);
            }
        } catch (DataFormatException broken) {
            throw new IOException("not a compressed stream", broken);
        }
    }

    @Override
    public synchronized void write(byte[] source, int offset, int length) throws IOException {
        if (released) {
            throw new IOException("the connection is closed");
        }
        if (deflater == null) {
            deflater = new Deflater(Deflater.BEST_SPEED, true);
        }
        byte[] out = buffers.take();
        try {
            deflater.setInput(source, offset, length);
            int total = 0;
            int count;
            do {
                count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
                below.write(out, 0, count);
                total += count;
            } while (count == out.length);
            meters.sentDeflated(length, total);
        } finally {
            buffers.giveBack(out);
        }
        if (idle) {
            endDeflater();
        }
    }

    /** Says whether the session waits for its client: then nothing is held that can be had again. */
    synchronized void idle(boolean nowIdle) {
        idle = nowIdle;
        if (nowIdle) {
            endDeflater();
        }
    }

    private void endDeflater() {
        if (deflater != null) {
            deflater.end();
            deflater = null;
        }
    }

    @Override
    public void end() throws IOException {
        below.end();
    }

    /** Gives the native memory back; to be called by the thread that reads. */
    synchronized void release() {
        released = true;
        endDeflater();
        inflater.end();
    }
}
