package heddle.protocol.sasl;

/**
 * The server's side of one SASL exchange (RFC 4422 §3), made anew for each. It knows the messages of its mechanism and
 * no network: whoever drives it sends the challenges and hands in the answers. What a mechanism must know beside them
 * (stored keys, the certificate of the TLS connection, a validator of tokens) it is given when it is made.
 */
public interface SaslMechanism {
    /** {@return its registered name: {@code PLAIN}} */
    String name();

    /**
     * {@return how the exchange begins when the client sent no initial response: an empty challenge where the client is
     * to speak first}
     */
    default SaslStep.Challenge start() {
        return new SaslStep.Challenge(new byte[0]);
    }

    /**
     * Takes the client's next message, an initial response included.
     *
     * @throws heddle.protocol.wire.SyntaxException when this is no message of the mechanism; the exchange is over
     */
    SaslStep step(byte[] response);
}
