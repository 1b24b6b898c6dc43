package heddle.protocol.wire;

import java.io.IOException;

/** Tells the client to go on: writes a line that begins with {@code +} and flushes it (RFC 3501 §7.5). */
@FunctionalInterface
public interface Continuation {
    /** Called when the client waits before it sends a synchronising literal. */
    void go() throws IOException;
}
