package heddle.storage.sql;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;

/**
 * The driver's sockets. Each of their reads may last as long as the driver says, but no timer is set for it: a thread looks
 * at all of them once a second. A timer for each wait of a virtual thread, set and cancelled, took a sixth of the CPU time
 * of storing mail. A socket that was silent for too long is closed: not for who waits for notifications, say, and then goes on.
 */
public final class TimedSocketFactory extends SocketFactory {
    private static final Logger LOG = System.getLogger(TimedSocketFactory.class.getName());

    private static final int SECOND = 1000;

    private static final Set<TimedSocket> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Thread.ofPlatform().name("database-watchdog").daemon().start(TimedSocketFactory::watch);
    }

    private static void watch() {
        while (true) {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            for (TimedSocket socket : OPEN) {
                try {
                    socket.closeIfSilent();
                } catch (IOException gone) {
                    // Whoever reads finds that out as well.
                } catch (RuntimeException bug) {
                    LOG.log(Level.ERROR, "looking after a connection to the database failed", bug);
                }
            }
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
            var input = new Input(super.getInputStream());
            OPEN.add(this);
            return input;
        }

        @Override
        public void close() throws IOException {
            OPEN.remove(this);
            super.close();
        }

        private void closeIfSilent() throws IOException {
            long since = readingSince;
            int most = timeout;
            if (since != 0
                    && most >= SECOND
                    && System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(most)
                    && super.getInputStream().available() == 0) { // else the whole process may have been paused
                silent = true;
                close();
            }
        }

        private final class Input extends InputStream {
            private final InputStream in;

            Input(InputStream in) {
                this.in = in;
            }

            @Override
            public int available() throws IOException {
                return in.available();
            }

            @Override
            public void close() throws IOException {
                in.close();
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
                    // Not one that says it is a timeout: after those the driver goes on.
                    throw silent ? new SocketException("the database was silent for too long") : closed;
                } finally {
                    readingSince = 0;
                }
            }
        }
    }
}
