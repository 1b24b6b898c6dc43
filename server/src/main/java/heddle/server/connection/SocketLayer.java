package heddle.server.connection;

import heddle.server.metrics.ListenerMeters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The lowest layer: a TCP socket, its bytes counted, its reads and writes timed. No timer is set for a read, which is
 * dear to a virtual thread: who watches asks {@link #endIfSilent} and {@link #isStalled} each second.
 */
final class SocketLayer implements Layer {
    /** What has to leave within the write timeout; a larger write is timed piece by piece. */
    private static final int PIECE = 32 << 10;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final ListenerMeters meters;
    private long received;
    private long sent;
    private boolean inputEnded;
    private ProxyHeader.@Nullable Guard guard;

    /** How long reads may wait from now on. */
    private Patience patience = Patience.ENDLESS;

    /** {@link System#nanoTime} until which the read that waits may do so; 0 when none does, or as long as it takes. */
    private volatile long readUntil;

    private volatile boolean silent;

    /** {@link System#nanoTime} when the piece that is being written was begun, 0 when nothing is. */
    private volatile long writingSince;

    SocketLayer(Socket socket, ListenerMeters meters) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
        this.meters = meters;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (patience.isOver()) { // a client that never stops to send is not silent
            throw new SocketTimeoutException("the time is over");
        }
        readUntil = patience.until();
        int count;
        try {
            count = in.read(target, offset, length);
        } finally {
            readUntil = 0;
        }
        if (count < 0) {
            inputEnded = true;
            if (silent) {
                throw new SocketTimeoutException("the time is over");
            }
        } else {
            received += count;
            meters.received(count);
        }
        ProxyHeader.Guard doubt = guard;
        if (doubt != null && count > 0 && !doubt.check(target, offset, count)) {
            guard = null;
        }
        return count;
    }

    /** Fails a read when what the client begins with is a PROXY header. */
    void refuseProxyHeader() {
        guard = new ProxyHeader.Guard();
    }

    /** Whether all that has come may be the beginning of a PROXY header that is to be refused. */
    boolean mayBeProxyHeader() {
        return guard != null;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        try {
            for (int done = 0; done < length; ) {
                int piece = Math.min(length - done, PIECE);
                writingSince = System.nanoTime() | 1;
                out.write(source, offset + done, piece);
                done += piece;
                sent += piece;
                meters.sent(piece);
            }
        } finally {
            writingSince = 0;
        }
    }

    @Override
    public void end() throws IOException {
        socket.shutdownOutput();
    }

    /** Lets every read from now on wait this long, or a second longer; zero for as long as it takes. */
    void readTimeout(Duration timeout) {
        patience = new Patience(timeout.toNanos(), 0);
    }

    /**
     * Lets all reads from now on wait no longer than this together, or a second longer. {@return what {@link #resume} takes
     * to undo it}
     */
    Patience readDeadline(Duration timeout) {
        Patience before = patience;
        patience = new Patience(0, (System.nanoTime() + timeout.toNanos()) | 1);
        return before;
    }

    /** Lets reads wait as they did before. */
    void resume(Patience before) {
        patience = before;
    }

    /**
     * How long reads may wait.
     *
     * @param each read, in nanoseconds; 0 for as long as it takes, or until {@code together}
     * @param together until when, as {@link System#nanoTime} tells it; 0 for each read on its own
     */
    record Patience(long each, long together) {
        static final Patience ENDLESS = new Patience(0, 0);

        private boolean isOver() {
            return together != 0 && System.nanoTime() - together > 0;
        }

        /** {@return until when a read that begins now may wait, never 0; 0 for as long as it takes} */
        private long until() {
            if (each == 0 && together == 0) {
                return 0;
            }
            return (each == 0 ? together : System.nanoTime() + each) | 1;
        }
    }

    /** Ends the input when a read has waited for too long: that read and all later ones fail, as the client may be told. */
    void endIfSilent() throws IOException {
        long until = readUntil;
        boolean isOver = until != 0 && System.nanoTime() - until > 0;
        if (isOver && in.available() == 0) { // else the whole process may have been paused
            silent = true;
            socket.shutdownInput();
        }
    }

    /** {@return whether its input was ended because nothing came in time} */
    boolean wasSilent() {
        return silent;
    }

    /** {@return how many bytes have come} */
    long received() {
        return received;
    }

    /** {@return how many bytes have gone} */
    long sent() {
        return sent;
    }

    /** Whether the peer has ended its side, as far as was read. */
    boolean inputEnded() {
        return inputEnded;
    }

    /** Whether a write began longer ago than that and has not gone on since. */
    boolean isStalled(Duration timeout) {
        long since = writingSince;
        return since != 0 && System.nanoTime() - since > timeout.toNanos();
    }
}
