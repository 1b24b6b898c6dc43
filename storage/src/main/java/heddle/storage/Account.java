package heddle.storage;

import heddle.protocol.sasl.ScramSha256Keys;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * A user.
 *
 * @param credentialVersion rises with every change of the password, so that what was remembered of the old one is void
 */
public record Account(
        AccountId id,
        String name,
        ScramSha256Keys keys,
        long credentialVersion,
        boolean isDisabled,
        Quota quota,
        Instant created) {

    /** How much an account may keep. */
    public record Quota(OptionalLong bytes) {
        public static final Quota NONE = new Quota(OptionalLong.empty());
    }
}
