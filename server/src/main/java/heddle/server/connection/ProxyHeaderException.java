package heddle.server.connection;

import java.io.IOException;
import java.io.Serial;

/** A connection that does not begin as it has to where balancers stand before us. */
final class ProxyHeaderException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /** @param message what is wrong, in a few words */
    ProxyHeaderException(String message) {
        super(message);
    }

    /** {@return what is wrong with a header from somebody who may not send one} */
    static ProxyHeaderException unasked() {
        return new ProxyHeaderException("a PROXY header from somebody who may not send one");
    }

    /** {@return what is wrong, in a few words} */
    String text() {
        return String.valueOf(getMessage());
    }
}
