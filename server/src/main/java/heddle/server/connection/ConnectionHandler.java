package heddle.server.connection;

import java.io.IOException;

/** Serves one client, on a thread of its own, from the greeting to the last word. */
@FunctionalInterface
public interface ConnectionHandler {
    /**
     * Returns when the client has been served; the transport is closed by the caller.
     *
     * @throws IOException when the client is gone
     */
    void serve(Transport transport) throws IOException;
}
