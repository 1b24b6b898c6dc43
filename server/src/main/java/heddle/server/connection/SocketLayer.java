package heddle.server.connection;

import heddle.server.metrics.ListenerMeters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The lowest layer: a TCP socket, its bytes counted and its writes timed. */
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

    /** {@link System#nanoTime} until which reads may wait, 0 when each has the socket's own timeout. */
    private long deadline;

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
        if (deadline != 0) {
            keepDeadline();
        }
        int count = in.read(target, offset, length);
        if (count < 0) {
            inputEnded = true;
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

    /** Lets every read wait this long; zero for as long as it takes. */
    void readTimeout(Duration timeout) throws SocketException {
        deadline = 0;
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
    }

    /** Lets all reads from now on wait no longer than this together. {@return what {@link #resume} takes to undo it} */
    Waiting readDeadline(Duration timeout) throws SocketException {
        var before = new Waiting(socket.getSoTimeout(), deadline);
        deadline = (System.nanoTime() + timeout.toNanos()) | 1;
        return before;
    }

    /** Lets reads wait as they did before. */
    void resume(Waiting before) throws SocketException {
        socket.setSoTimeout(before.timeout);
        deadline = before.deadline;
    }

    /** How long reads may wait: each so many milliseconds, or all until a point of {@link System#nanoTime}. */
    record Waiting(int timeout, long deadline) {}

    private void keepDeadline() throws IOException {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException("the time is over");
        }
        socket.setSoTimeout(Math.toIntExact(left));
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
