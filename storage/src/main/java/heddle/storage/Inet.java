package heddle.storage;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses as PostgreSQL writes them. */
final class Inet {
    private Inet() {}

    /** Without the zone that an IPv6 address may have: it means something on one machine only. */
    static String text(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress()).getHostAddress();
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException(impossible);
        }
    }

    /** @param text as {@code host()} gives it */
    static InetAddress address(String text) {
        return InetAddress.ofLiteral(text);
    }
}
