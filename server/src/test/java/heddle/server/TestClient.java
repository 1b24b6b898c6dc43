package heddle.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import heddle.server.connection.TestListener;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import javax.net.ssl.SSLSocket;

/** A client that sends what it is told and knows no more of IMAP than where a response ends. Text is one octet a character. */
public final class TestClient implements Closeable {
    private static final int TIMEOUT = 20_000;

    /** The end of an empty block that is not compressed: what a flush leaves in a compressed stream (RFC 1951 §3.2.4). */
    private static final int FLUSH = 0x0000FFFF;

    private static final Pattern LITERAL = Pattern.compile("\\{([0-9]+)}$");

    private Socket socket;
    private InputStream in;
    private OutputStream out;
    private int count;
    private int flushes;

    public TestClient(int port) throws IOException {
        this(port, InetAddress.getLoopbackAddress());
    }

    /** Connects from one of this machine's addresses. */
    public TestClient(int port, InetAddress from) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port, from, 0);
        socket.setSoTimeout(TIMEOUT);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
        out = socket.getOutputStream();
    }

    /** Puts TLS upon the connection. */
    public void startTls() throws IOException {
        SSLSocket tls = TestListener.tlsOver(socket);
        tls.startHandshake();
        socket = tls;
        in = new BufferedInputStream(tls.getInputStream());
        out = tls.getOutputStream();
    }

    /** Compresses both directions. */
    public void startCompression() throws IOException {
        in = new BufferedInputStream(new FlushedStream(in), 64 << 10);
        out = new DeflaterOutputStream(out, new Deflater(Deflater.DEFAULT_COMPRESSION, true), true);
    }

    /** A compressed stream that is only ever flushed: it has no end but that of the connection. */
    private final class FlushedStream extends InflaterInputStream {
        /** The last four octets that came. */
        private int last;

        FlushedStream(InputStream in) {
            super(in, new Inflater(true));
        }

        @Override
        protected void fill() throws IOException {
            super.fill();
            for (int i = 0; i < len; i++) {
                last = last << 8 | buf[i] & 0xFF;
                if (last == FLUSH) {
                    flushes++;
                }
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                return super.read(target, offset, length);
            } catch (EOFException end) {
                return -1;
            }
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }
    }

    /** {@return in how many writes that was sent which has come compressed} */
    public int flushes() {
        return flushes;
    }

    /** Sends and reads without compression again. */
    public void endCompression() throws IOException {
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    public void send(String octets) throws IOException {
        send(octets.getBytes(ISO_8859_1));
    }

    public void send(byte[] octets) throws IOException {
        out.write(octets);
        out.flush();
    }

    /** {@return the next response with its literals, without its last line end; empty when the server has closed} */
    public Optional<String> response() throws IOException {
        var response = new StringBuilder();
        while (true) {
            Optional<String> line = line();
            if (line.isEmpty()) {
                return line;
            }
            response.append(line.get());
            Matcher literal = LITERAL.matcher(line.get());
            if (!literal.find()) {
                return Optional.of(response.toString());
            }
            int size = Integer.parseInt(literal.group(1));
            byte[] octets = in.readNBytes(size);
            if (octets.length < size) {
                throw new EOFException("the server closed in the middle of a literal");
            }
            response.append("\r\n").append(new String(octets, ISO_8859_1));
        }
    }

    private Optional<String> line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == '\n') {
                String text = line.toString(ISO_8859_1);
                if (!text.endsWith("\r")) {
                    throw new IOException("a line without CR: " + text);
                }
                return Optional.of(text.substring(0, text.length() - 1));
            }
            line.write(octet);
        }
        if (line.size() > 0) {
            throw new EOFException("the server closed in the middle of a line: " + line.toString(ISO_8859_1));
        }
        return Optional.empty();
    }

    /** Reads the greeting, which has to be friendly. */
    public void greeting() throws IOException {
        String greeting = response().orElseThrow(() -> new EOFException("no greeting"));
        if (!greeting.startsWith("* OK ")) {
            throw new IOException("greeted with " + greeting);
        }
    }

    /** Sends a command under a tag of its own. {@return all responses up to the tagged one, or to the end} */
    public List<String> command(String command) throws IOException {
        return answers(begin(command));
    }

    /** Sends a command under a tag of its own. {@return the tag} */
    public String begin(String command) throws IOException {
        String tag = "t" + ++count;
        send(tag + " " + command + "\r\n");
        return tag;
    }

    /** {@return all responses up to the one with this tag, or to the end} */
    public List<String> answers(String tag) throws IOException {
        var all = new ArrayList<String>();
        for (Optional<String> next = response(); next.isPresent(); next = response()) {
            all.add(next.get());
            if (next.get().startsWith(tag + " ")) {
                break;
            }
        }
        return all;
    }

    /** Sends a command, which has to succeed. {@return all responses, the tagged one last} */
    public List<String> ok(String command) throws IOException {
        List<String> answers = command(command);
        if (answers.isEmpty() || !answers.getLast().matches("(?s)t[0-9]+ OK .*")) {
            throw new IOException(command + " was answered with " + answers);
        }
        return answers;
    }

    /** {@return the number that follows this name in the first of the responses that has it} */
    public static String number(List<String> responses, String name) {
        return responses.stream()
                .filter(response -> response.contains(name + " "))
                .findFirst()
                .orElseThrow()
                .replaceAll(".*" + name + " ([0-9]+).*", "$1");
    }

    /** Appends a message. */
    public void append(String mailbox, String message) throws IOException {
        ok("APPEND " + mailbox + " {" + message.length() + "+}\r\n" + message);
    }

    /** {@return the input as it is, for what is not to be kept in memory} */
    public InputStream input() {
        return in;
    }

    public Socket socket() {
        return socket;
    }

    /** Whether the server has sent nothing more. */
    public boolean isQuiet() throws IOException {
        return in.available() == 0;
    }

    /** Ends the connection with a reset, as a client does that dies. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
