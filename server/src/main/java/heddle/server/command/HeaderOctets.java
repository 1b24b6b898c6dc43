package heddle.server.command;

/** Looks at the header of a message that arrives piece by piece, for what only UTF-8 says (RFC 6855 §4). */
final class HeaderOctets {
    private boolean isInHeader = true;
    private boolean isLineEmpty = true;
    private boolean hasEightBit;

    /** Takes the next octets of the message. */
    void see(byte[] octets, int count) {
        for (int i = 0; i < count && isInHeader; i++) {
            byte octet = octets[i];
            if (octet == '\n') {
                isInHeader = !isLineEmpty;
                isLineEmpty = true;
            } else if (octet != '\r') {
                isLineEmpty = false;
                hasEightBit |= octet < 0;
            }
        }
    }

    /** {@return whether an octet of the header is beyond US-ASCII} */
    boolean hasEightBit() {
        return hasEightBit;
    }
}
