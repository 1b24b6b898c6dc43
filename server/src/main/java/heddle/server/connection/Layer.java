package heddle.server.connection;

import java.io.IOException;

/** One layer of a connection's stream: the socket, or what is put upon another layer. Blocking, as streams are. */
interface Layer {
    /**
     * {@return how many bytes were read, at least 1; −1 when the peer has ended its side}
     *
     * @throws java.net.SocketTimeoutException when nothing came in time; the input is at its end then
     */
    int read(byte[] target, int offset, int length) throws IOException;

    /** Sends everything; nothing is held back in a buffer. One caller at a time. */
    void write(byte[] source, int offset, int length) throws IOException;

    /** Tells the peer, in this layer's own words, that nothing more will be sent. */
    void end() throws IOException;
}
