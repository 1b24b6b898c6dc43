package heddle.protocol.wire;

import java.nio.charset.StandardCharsets;

/**
 * How text beyond US-ASCII crosses the wire, in both directions. {@link WireReader} and {@link WireWriter} ask here; what
 * a mailbox is called does not depend on it.
 */
public enum WireEncoding {
    /** Quoted strings are US-ASCII, mailbox names in modified UTF-7 (RFC 3501 §5.1.3). */
    SEVEN_BIT {
        @Override
        String encodeName(String name) {
            return MailboxNameUtf7.encode(name);
        }

        @Override
        String decodeName(byte[] octets) {
            return MailboxNameUtf7.decode(new String(octets, StandardCharsets.ISO_8859_1));
        }
    },
    /** Quoted strings and mailbox names are UTF-8 (RFC 9051 §5.1, RFC 6855 §3). */
    UTF_8 {
        @Override
        String encodeName(String name) {
            return name;
        }

        @Override
        String decodeName(byte[] octets) {
            return WireReader.decode(octets, StandardCharsets.UTF_8);
        }
    };

    /** {@return a mailbox name as it is written in a string} */
    abstract String encodeName(String name);

    /**
     * {@return the mailbox name that a client has written}
     *
     * @throws SyntaxException when it is not in this encoding
     */
    abstract String decodeName(byte[] octets);
}
