package heddle.storage;

import java.net.InetAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A session of any pod, as operators see it.
 *
 * @param pod the pod's name
 * @param user null before log-in, and when the account is deleted
 * @param opened by the database's clock
 */
public record ListedSession(
        SessionId id,
        String pod,
        @Nullable String user,
        InetAddress address,
        OpenSession.Access access,
        Instant opened) {}
