package heddle.storage;

import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A session that a pod tells the others of.
 *
 * @param number different for each of the pod's sessions
 * @param account null before log-in
 * @param address of the client
 * @param age since it was opened
 */
public record OpenSession(long number, @Nullable AccountId account, InetAddress address, Access access, Duration age) {
    /**
     * By what way the client came.
     *
     * @param listener such as {@code imaps}
     * @param isTls whether it speaks under TLS by now
     */
    public record Access(String listener, boolean isTls) {}
}
