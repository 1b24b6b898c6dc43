package heddle.server.connection;

import java.util.ArrayDeque;

/**
 * Byte arrays of one size that connections borrow while bytes are in motion and give back before they wait, so that an
 * idle connection holds none. Taking never waits: when none is left a new one is made.
 */
public final class BufferPool {
    private final int size;
    private final int kept;
    private final ArrayDeque<byte[]> free = new ArrayDeque<>();

    /**
     * @param size bytes of each array
     * @param kept arrays that are kept for reuse; what is given back beyond it is left to the garbage collector
     */
    public BufferPool(int size, int kept) {
        this.size = size;
        this.kept = kept;
    }

    /** {@return an array of this pool's size; what is in it is left over from another use} */
    public byte[] take() {
        synchronized (free) {
            byte[] buffer = free.pollLast();
            if (buffer != null) {
                return buffer;
            }
        }
        return new byte[size];
    }

    /** Ends the borrower's use of an array, which must not be touched any more. */
    public void giveBack(byte[] buffer) {
        if (buffer.length != size) {
            throw new IllegalArgumentException("not of this pool: " + buffer.length + " bytes");
        }
        synchronized (free) {
            if (free.size() < kept) {
                free.addLast(buffer);
            }
        }
    }
}
