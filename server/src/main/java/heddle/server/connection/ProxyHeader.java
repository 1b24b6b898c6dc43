package heddle.server.connection;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a balancer says of the client before the client's own first byte: the PROXY protocol, versions 1 and 2.
 *
 * @param client the client's address; null when the balancer speaks for itself, as its health checks do
 * @param server where the client connected to; null when {@code client} is
 * @param isTls whether the client speaks TLS with the balancer, which took it off (version 2 only)
 */
record ProxyHeader(
        @Nullable InetSocketAddress client, @Nullable InetSocketAddress server, boolean isTls) {
    private static final ProxyHeader OF_THE_BALANCER = new ProxyHeader(null, null, false);

    private static final byte[] SIGNATURE = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

    /** The longest line of version 1, its line end included. */
    private static final int LONGEST_LINE = 107;

    /** Far more than addresses and a certificate's name take. */
    private static final int LONGEST_BLOCK = 16 << 10;

    private static final Pattern LINE =
            Pattern.compile("""
            PROXY (?:UNKNOWN(?: .*)?\
            |TCP4 (V4) (V4) ([0-9]{1,5}) ([0-9]{1,5})\
            |TCP6 (V6) (V6) ([0-9]{1,5}) ([0-9]{1,5}))\r\n""".replace("V4", "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}").replace("V6", "[0-9A-Fa-f:.]{2,39}"));

    /** What follows the addresses of version 2 has a type. */
    private static final int TYPE_CRC32C = 0x03;

    private static final int TYPE_SSL = 0x20;

    /** In the first byte of {@link #TYPE_SSL}. */
    private static final int CLIENT_SSL = 0x01;

    /**
     * Reads a header, and nothing of what follows it.
     *
     * @return empty when the peer left without a word
     * @throws ProxyHeaderException when what comes is not a header
     * @throws java.net.SocketTimeoutException when it does not come in time
     */
    static Optional<ProxyHeader> read(InputStream raw) throws IOException {
        var in = new DataInputStream(raw);
        int first = in.read();
        try {
            return switch (first) {
                case -1 -> Optional.empty();
                case 'P' -> Optional.of(line(in));
                case '\r' -> Optional.of(block(in));
                default -> throw new ProxyHeaderException("no PROXY header");
            };
        } catch (EOFException cut) {
            throw new ProxyHeaderException("half a PROXY header");
        }
    }

    /** Version 1, which says nowhere how long it is. */
    private static ProxyHeader line(DataInputStream in) throws IOException {
        var line = new StringBuilder("P");
        while (line.charAt(line.length() - 1) != '\n') {
            if (line.length() == LONGEST_LINE) {
                throw new ProxyHeaderException("a PROXY header that does not end");
            }
            line.append((char) in.readUnsignedByte());
            if (line.length() == "PROXY ".length() && !line.toString().equals("PROXY ")) {
                throw new ProxyHeaderException("no PROXY header");
            }
        }
        Matcher said = LINE.matcher(line);
        if (!said.matches()) {
            throw new ProxyHeaderException("a broken PROXY header");
        }
        int group = said.group(1) != null ? 1 : 5;
        if (said.group(group) == null) {
            return OF_THE_BALANCER;
        }
        return new ProxyHeader(
                endpoint(said.group(group), said.group(group + 2), group == 1),
                endpoint(said.group(group + 1), said.group(group + 3), group == 1),
                false);
    }

    private static InetSocketAddress endpoint(String address, String port, boolean v4) throws ProxyHeaderException {
        try {
            InetAddress literal = v4 ? Inet4Address.ofLiteral(address) : Inet6Address.ofLiteral(address);
            return new InetSocketAddress(literal, Integer.parseInt(port));
        } catch (IllegalArgumentException wrong) {
            throw new ProxyHeaderException("a broken PROXY header");
        }
    }

    /** Version 2: a signature, how long it is, addresses, and more in pieces that say their type and length. */
    private static ProxyHeader block(DataInputStream in) throws IOException {
        var fixed = new byte[SIGNATURE.length + 4];
        fixed[0] = '\r';
        in.readFully(fixed, 1, fixed.length - 1);
        if (!Arrays.equals(fixed, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length)) {
            throw new ProxyHeaderException("no PROXY header");
        }
        int length = ByteBuffer.wrap(fixed).getShort(SIGNATURE.length + 2) & 0xFFFF;
        if (length > LONGEST_BLOCK) {
            throw new ProxyHeaderException("a PROXY header that is too long");
        }
        byte[] header = Arrays.copyOf(fixed, fixed.length + length);
        in.readFully(header, fixed.length, length);
        int versionAndCommand = header[SIGNATURE.length] & 0xFF;
        int family = header[SIGNATURE.length + 1] & 0xFF;
        if (versionAndCommand == 0x20) { // LOCAL
            return OF_THE_BALANCER;
        }
        if (versionAndCommand != 0x21) {
            throw new ProxyHeaderException("a PROXY header of an unknown version or command");
        }
        ByteBuffer rest = ByteBuffer.wrap(header, fixed.length, length);
        return switch (family) {
            case 0x11 -> ofClient(header, rest, 4);
            case 0x21 -> ofClient(header, rest, 16);
            case 0x00, 0x31 -> OF_THE_BALANCER; // not said, or a socket of its own machine
            default -> throw new ProxyHeaderException("a PROXY header that is not about TCP");
        };
    }

    private static ProxyHeader ofClient(byte[] header, ByteBuffer rest, int addressLength) throws ProxyHeaderException {
        if (rest.remaining() < 2 * addressLength + 4) {
            throw new ProxyHeaderException("a PROXY header without addresses");
        }
        InetAddress client = address(rest, addressLength);
        InetAddress server = address(rest, addressLength);
        int clientPort = rest.getShort() & 0xFFFF;
        int serverPort = rest.getShort() & 0xFFFF;
        return new ProxyHeader(
                new InetSocketAddress(client, clientPort),
                new InetSocketAddress(server, serverPort),
                readPieces(header, rest));
    }

    private static InetAddress address(ByteBuffer rest, int length) {
        var octets = new byte[length];
        rest.get(octets);
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Whether the client speaks TLS, as one of the pieces says. */
    private static boolean readPieces(byte[] header, ByteBuffer rest) throws ProxyHeaderException {
        boolean tls = false;
        while (rest.hasRemaining()) {
            int length = rest.remaining() < 3 ? Integer.MAX_VALUE : rest.getShort(rest.position() + 1) & 0xFFFF;
            if (length > rest.remaining() - 3) {
                throw new ProxyHeaderException("a PROXY header with a broken piece");
            }
            int type = rest.get() & 0xFF;
            int value = rest.position() + 2;
            rest.position(value + length);
            if (type == TYPE_CRC32C) {
                verify(header, value, length);
            } else if (type == TYPE_SSL && length > 0) {
                tls = (header[value] & CLIENT_SSL) != 0;
            }
        }
        return tls;
    }

    /** The sum is that of the whole header with zeros in the sum's own place. */
    private static void verify(byte[] header, int at, int length) throws ProxyHeaderException {
        if (length != Integer.BYTES) {
            throw new ProxyHeaderException("a PROXY header with a broken checksum");
        }
        var sum = new CRC32C();
        sum.update(header, 0, at);
        sum.update(new byte[length]);
        sum.update(header, at + length, header.length - at - length);
        if ((int) sum.getValue() != ByteBuffer.wrap(header).getInt(at)) {
            throw new ProxyHeaderException("a PROXY header with a wrong checksum");
        }
    }

    /** Notices a header that nobody has asked for, in the first bytes of a connection. */
    static final class Guard {
        private static final byte[] LINE_BEGIN = "PROXY ".getBytes(StandardCharsets.US_ASCII);

        private final byte[] seen = new byte[SIGNATURE.length];
        private int count;

        /**
         * Looks at what has come.
         *
         * @return whether it may still turn out to be a header
         * @throws ProxyHeaderException when it is one
         */
        boolean check(byte[] octets, int offset, int length) throws ProxyHeaderException {
            int taken = Math.min(length, seen.length - count);
            System.arraycopy(octets, offset, seen, count, taken);
            count += taken;
            boolean isLine = count > LINE_BEGIN.length
                    && mayBe(LINE_BEGIN)
                    && (seen[LINE_BEGIN.length] == 'T' || seen[LINE_BEGIN.length] == 'U');
            if (isLine || count == SIGNATURE.length && mayBe(SIGNATURE)) {
                throw ProxyHeaderException.unasked();
            }
            return count <= LINE_BEGIN.length && mayBe(LINE_BEGIN) || mayBe(SIGNATURE) && count < SIGNATURE.length;
        }

        private boolean mayBe(byte[] begin) {
            int compared = Math.min(count, begin.length);
            return Arrays.equals(seen, 0, compared, begin, 0, compared);
        }
    }
}
