package heddle.protocol.sasl;

/** What follows a message of the client in a SASL exchange. */
public sealed interface SaslStep {
    /** Send this to the client; what it answers is the next message. */
    @SuppressWarnings("ArrayRecordComponent") // copied in and out; nobody compares challenges
    record Challenge(byte[] octets) implements SaslStep {
        public Challenge {
            octets = octets.clone();
        }

        @Override
        public byte[] octets() {
            return octets.clone();
        }

        /** Without the octets: this may get into a log. */
        @Override
        public String toString() {
            return "Challenge";
        }
    }

    /** The exchange is over when these are found right or wrong. */
    record Unverified(PlainCredentials credentials) implements SaslStep {}

    /**
     * The exchange is over: the mechanism has proved who the client is.
     *
     * @param authorizationId as whom it wants to act; empty: as the one that it is
     */
    record Proved(String authorizationId, String authenticationId) implements SaslStep {}

    /** The exchange is over: the mechanism has found that the client is not who it says. */
    record Refused() implements SaslStep {}
}
