package heddle.server.config;

import java.net.InetSocketAddress;

/**
 * Where a listener waits for clients.
 *
 * @param host a name or an address; an IPv6 address without brackets; {@code *} for every address of the machine
 * @param port 0 to 65535; 0 lets the system choose a free one
 */
public record ListenAddress(String host, int port) {
    /** @throws IllegalArgumentException when the host is empty or the port is out of range */
    public ListenAddress {
        if (host.isEmpty() || port < 0 || port > 65_535) {
            throw new IllegalArgumentException("not an address to listen on: " + host + ":" + port);
        }
    }

    /** @throws IllegalArgumentException when {@code text} is not of the form {@code HOST:PORT} */
    static ListenAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("no port in " + text);
        }
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (!bracketed && host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address goes in brackets: " + text);
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        return new ListenAddress(bracketed ? host.substring(1, host.length() - 1) : host, port);
    }

    /** {@return the address to bind to; unresolved when the host's name is unknown} */
    public InetSocketAddress socketAddress() {
        return host.equals("*") ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
