package heddle.protocol.wire;

import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Buffers for the connections that have something to read or to write right now; idle ones hold none. */
final class BufferPool {
    /** For what clients send. */
    static final BufferPool INPUT = new BufferPool(8 << 10, 256);
    /** For what is sent to clients. */
    static final BufferPool OUTPUT = new BufferPool(32 << 10, 128);

    private final ArrayBlockingQueue<byte[]> free;
    private final int size;

    /**
     * @param size octets of each buffer
     * @param kept how many unused ones are kept
     */
    private BufferPool(int size, int kept) {
        this.size = size;
        this.free = new ArrayBlockingQueue<>(kept);
    }

    /** {@return octets of each buffer} */
    int size() {
        return size;
    }

    byte[] borrow() {
        byte @Nullable [] buffer = free.poll();
        return buffer == null ? new byte[size] : buffer;
    }

    /** Takes back a buffer, which its borrower does not touch any more. */
    @SuppressWarnings("ReturnValueIgnored") // a full pool leaves the buffer to the garbage collector
    void giveBack(byte[] buffer) {
        free.offer(buffer);
    }
}
