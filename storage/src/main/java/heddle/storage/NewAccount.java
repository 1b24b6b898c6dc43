package heddle.storage;

import heddle.protocol.sasl.ScramSha256Keys;

/**
 * An account to be made.
 *
 * @param name 1 to 255 characters, unique
 */
public record NewAccount(String name, ScramSha256Keys keys) {}
