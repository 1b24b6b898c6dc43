package heddle.server.connection;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS upon another layer, server side. While it waits it holds nothing but five bytes for the header of the next record;
 * buffers are borrowed when a record has begun to arrive and given back when its plaintext is taken.
 *
 * <p>One thread reads. Writes come from any thread, one at a time: the monitor of the layer is the lock of the engine's
 * output, which the reader takes too when the engine has something to say (a KeyUpdate, an alert).
 */
final class TlsLayer implements Layer {
    /** Two records of the largest size and some room: what the buffers of the pool must hold. */
    static final int BUFFER_SIZE = 34 << 10;

    private static final int HEADER = 5;
    private static final int MOST_CIPHERTEXT = (1 << 14) + 2048; // RFC 5246 §6.2.3; RFC 8446 §5.2 allows less
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Layer below;
    private final SSLEngine engine;
    private final BufferPool buffers;
    private final Semaphore computing;

    /** The beginning of a record's header, while {@link #received} is null. */
    private final byte[] header = new byte[HEADER];

    private int headerLength;

    /** Records as they came, from {@code receivedStart} to {@code receivedEnd}; null while none is underway. */
    private byte @Nullable [] received;

    private int receivedStart;
    private int receivedEnd;

    /** Plaintext that nobody has taken yet; null when there is none. */
    private byte @Nullable [] plaintext;

    private int plaintextStart;
    private int plaintextEnd;
    private boolean established;
    private boolean ended;

    /**
     * @param engine in server mode, not begun
     * @param buffers of {@link #BUFFER_SIZE}
     * @param computing how many handshakes may compute at once
     */
    TlsLayer(Layer below, SSLEngine engine, BufferPool buffers, Semaphore computing) {
        this.below = below;
        this.engine = engine;
        this.buffers = buffers;
        this.computing = computing;
    }

    /** Shakes hands. A {@link java.net.SocketTimeoutException} ends it: it cannot be continued by the caller. */
    void handshake() throws IOException {
        try {
            engine.beginHandshake();
            shakeHands();
        } catch (SSLException refused) {
            sendAlert();
            throw refused;
        }
    }

    private void shakeHands() throws IOException {
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.NOT_HANDSHAKING) {
            if (status == HandshakeStatus.NEED_UNWRAP && !receiveRecord()) {
                throw new EOFException("the client left during the TLS handshake");
            }
            if (status == HandshakeStatus.NEED_UNWRAP) {
                decodeAside();
            } else {
                answerHandshake();
            }
            status = engine.getHandshakeStatus();
        }
        established = true;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            return readPlaintext(target, offset, length);
        } catch (SSLException refused) {
            sendAlert();
            throw refused;
        }
    }

    private int readPlaintext(byte[] target, int offset, int length) throws IOException {
        while (plaintext == null) {
            if (ended || !receiveRecord()) {
                return -1;
            }
            if (length >= recordLength()) { // plaintext is never longer than its record
                int count = decode(ByteBuffer.wrap(target, offset, length));
                if (count > 0) {
                    return count;
                }
            } else {
                decodeAside();
            }
        }
        return takePlaintext(target, offset, length);
    }

    private int takePlaintext(byte[] target, int offset, int length) {
        byte[] from = Objects.requireNonNull(plaintext);
        int count = Math.min(length, plaintextEnd - plaintextStart);
        System.arraycopy(from, plaintextStart, target, offset, count);
        plaintextStart += count;
        if (plaintextStart == plaintextEnd) {
            plaintext = null;
            buffers.giveBack(from);
        }
        return count;
    }

    /** Reads until {@link #received} begins with a whole record. False when the peer has ended the stream before that. */
    private boolean receiveRecord() throws IOException {
        if (received == null) {
            while (headerLength < HEADER) {
                int count = below.read(header, headerLength, HEADER - headerLength);
                if (count < 0) {
                    return false;
                }
                headerLength += count;
            }
            received = buffers.take();
            System.arraycopy(header, 0, received, 0, HEADER);
            receivedStart = 0;
            receivedEnd = HEADER;
            headerLength = 0;
        }
        int length = recordLength();
        while (receivedEnd - receivedStart < length) {
            if (received.length - receivedStart < length) {
                System.arraycopy(received, receivedStart, received, 0, receivedEnd - receivedStart);
                receivedEnd -= receivedStart;
                receivedStart = 0;
            }
            int count = below.read(received, receivedEnd, received.length - receivedEnd);
            if (count < 0) {
                return false;
            }
            receivedEnd += count;
        }
        return true;
    }

    /** The length, with its header, of the record that {@link #received} begins with; at least its header is there. */
    private int recordLength() throws SSLException {
        byte[] bytes = Objects.requireNonNull(received);
        int type = bytes[receivedStart] & 0xFF;
        int version = bytes[receivedStart + 1] & 0xFF;
        int length = (bytes[receivedStart + 3] & 0xFF) << 8 | (bytes[receivedStart + 4] & 0xFF);
        if (type < 20 || type > 23 || version != 3 || length > MOST_CIPHERTEXT) {
            throw new SSLException("what came is not TLS");
        }
        return HEADER + length;
    }

    /** Decodes the record at hand into a buffer of the pool, which is kept as {@link #plaintext} if there is any. */
    private void decodeAside() throws IOException {
        byte[] buffer = buffers.take();
        int count = decode(ByteBuffer.wrap(buffer));
        if (count == 0) {
            buffers.giveBack(buffer);
        } else {
            plaintext = buffer;
            plaintextStart = 0;
            plaintextEnd = count;
        }
    }

    /** Decodes the record at hand and does what the engine then asks for. {@return the length of its plaintext} */
    private int decode(ByteBuffer target) throws IOException {
        var source = ByteBuffer.wrap(Objects.requireNonNull(received), receivedStart, receivedEnd - receivedStart);
        SSLEngineResult result = engine.unwrap(source, target);
        receivedStart += result.bytesConsumed();
        releaseReceived();
        switch (result.getStatus()) {
            case OK -> {}
            case CLOSED -> ended = true;
            case BUFFER_OVERFLOW, BUFFER_UNDERFLOW -> throw new SSLException("record of a wrong length");
        }
        if (established) {
            refuseRenegotiation();
            answerHandshake();
        }
        return result.bytesProduced();
    }

    /** Gives the buffer of received records back as soon as it holds no more than the beginning of a header. */
    private void releaseReceived() {
        byte[] bytes = Objects.requireNonNull(received);
        int rest = receivedEnd - receivedStart;
        if (rest < HEADER) {
            System.arraycopy(bytes, receivedStart, header, 0, rest);
            headerLength = rest;
            received = null;
            buffers.giveBack(bytes);
        }
    }

    /** TLS 1.2 lets a client begin a new handshake at any time, which costs the server far more than the client. */
    private void refuseRenegotiation() throws SSLException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            throw new SSLException("the client wants to renegotiate");
        }
    }

    /** Computes and sends what the engine wants, until it wants to read or nothing. */
    private void answerHandshake() throws IOException {
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status == HandshakeStatus.NEED_TASK || status == HandshakeStatus.NEED_WRAP) {
            if (status == HandshakeStatus.NEED_WRAP) {
                encode(NOTHING);
            } else {
                compute();
            }
            status = engine.getHandshakeStatus();
        }
    }

    private void compute() {
        Runnable task = engine.getDelegatedTask();
        while (task != null) {
            computing.acquireUninterruptibly();
            try {
                task.run();
            } finally {
                computing.release();
            }
            task = engine.getDelegatedTask();
        }
    }

    /** Tells the peer why its record was refused, if the engine has words for it. */
    private void sendAlert() {
        try {
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                encode(NOTHING);
            }
        } catch (IOException gone) {
            // The refusal that is underway says more.
        }
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        encode(ByteBuffer.wrap(source, offset, length));
    }

    /** Sends the plaintext, several records in one write, and what the engine itself has to say. */
    private synchronized void encode(ByteBuffer source) throws IOException {
        if (!source.hasRemaining() && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
            return; // another writer has said it meanwhile
        }
        byte[] buffer = buffers.take();
        try {
            var target = ByteBuffer.wrap(buffer);
            do {
                SSLEngineResult result = engine.wrap(source, target);
                switch (result.getStatus()) {
                    case OK -> {}
                    case BUFFER_OVERFLOW -> send(target);
                    case BUFFER_UNDERFLOW -> throw new SSLException("the TLS engine wants more to write");
                    case CLOSED -> {
                        send(target);
                        if (source.hasRemaining()) {
                            throw new SSLException("TLS has ended");
                        }
                        return;
                    }
                }
            } while (source.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
            send(target);
        } finally {
            buffers.giveBack(buffer);
        }
    }

    private void send(ByteBuffer target) throws IOException {
        if (target.position() > 0) {
            below.write(target.array(), target.arrayOffset(), target.position());
            target.clear();
        }
    }

    @Override
    public void end() throws IOException {
        synchronized (this) {
            engine.closeOutbound();
            encode(NOTHING);
        }
        below.end();
    }
}
