package heddle.server.config;

import java.net.InetAddress;

/**
 * A range of addresses: those that begin with the same bits.
 *
 * @param base the first of them
 * @param bits how many bits they share
 */
public record IpNetwork(InetAddress base, int bits) {
    /**
     * {@return the network that is written as {@code ADDRESS/BITS}, or one address as {@code ADDRESS}}
     *
     * @throws IllegalArgumentException when it is not written so; names are not looked up
     */
    static IpNetwork parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (address.indexOf(':') < 0 && address.chars().filter(c -> c == '.').count() != 3) {
            throw new IllegalArgumentException("not an address: " + address); // 10/8 would be 0.0.0.10
        }
        InetAddress base = InetAddress.ofLiteral(address);
        int longest = 8 * base.getAddress().length;
        int bits = slash < 0 ? longest : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > longest) {
            throw new IllegalArgumentException("not so many bits: " + text);
        }
        return new IpNetwork(base, bits);
    }

    /** Whether this address is one of them. */
    public boolean contains(InetAddress address) {
        byte[] mine = base.getAddress();
        byte[] its = address.getAddress();
        if (mine.length != its.length) {
            return false;
        }
        for (int i = 0; i < bits; i += 8) {
            int unshared = Math.max(0, 8 - (bits - i));
            if ((mine[i / 8] ^ its[i / 8]) >> unshared != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return base.getHostAddress() + "/" + bits;
    }
}
