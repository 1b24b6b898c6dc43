package heddle.storage.sql;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;

/**
 * The driver's sockets. Each of their reads may last as long as the driver says, but no timer is set for it: a thread looks
 * at all of them once a second. A timer for each wait of a virtual thread, set and cancelled, took a sixth of the CPU time
 * of storing mail.
 */
public final class TimedSocketFactory extends SocketFactory {
    private static final int SECOND = 1000;

    private static final Set<TimedSocket> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Thread.ofPlatform().name("database-watchdog").daemon().start(TimedSocketFactory::watch);
    }

    private static void watch() {
        while (true) {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            OPEN.forEach(TimedSocket::closeIfSilent);
        }
    }

    @Override
    public Socket createSocket() {
        return new TimedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        throw unconnectedOnly();
    }

    private static SocketException unconnectedOnly() {
        return new SocketException("the driver connects its sockets itself");
    }

    /** A socket that is closed when a read has waited for too long. */
    private static final class TimedSocket extends Socket {
        /** What is less than a second the socket times itself. */
        private volatile int timeout;

        /** {@link System#nanoTime} when the read that waits began; 0 when none does. */
        private volatile long readingSince;

        private volatile boolean silent;

        @Override
        public void setSoTimeout(int millis) throws SocketException {
            super.setSoTimeout(millis < SECOND ? millis : 0);
            timeout = millis;
        }

        @Override
        public int getSoTimeout() {
            return timeout;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            OPEN.add(this);
            return new Input(super.getInputStream());
        }

        @Override
        public void close() throws IOException {
            OPEN.remove(this);
            super.close();
        }

        private void closeIfSilent() {
            long since = readingSince;
            int most = timeout;
            if (since != 0 && most >= SECOND && System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(most)) {
                silent = true;
                try {
                    close();
                } catch (IOException gone) {
                    // Whoever reads finds that out as well.
                }
            }
        }

        private final class Input extends FilterInputStream {
            Input(InputStream in) {
                super(in);
            }

            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                readingSince = System.nanoTime() | 1;
                try {
                    return in.read(target, offset, length);
                } catch (SocketException closed) {
                    if (silent) {
                        throw new SocketTimeoutException("the database was silent for too long");
                    }
                    throw closed;
                } finally {
                    readingSince = 0;
                }
            }
        }
    }
}
