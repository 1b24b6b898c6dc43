package heddle.storage;

import heddle.protocol.sasl.ScramSha256Keys;
import heddle.storage.Account.Quota;

/**
 * An account to be made.
 *
 * @param name 1 to 255 characters, unique
 */
public record NewAccount(String name, ScramSha256Keys keys, Quota quota) {
    /** An account that may keep as much as it likes. */
    public NewAccount(String name, ScramSha256Keys keys) {
        this(name, keys, Quota.NONE);
    }
}
