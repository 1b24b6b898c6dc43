package heddle.server.authentication;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import heddle.storage.Account;
import heddle.storage.AccountId;
import heddle.storage.Epochs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Passwords that were right, so that the slow hash is computed once: kept as an HMAC under a key that only this process
 * has, and bound to the version of the account's credentials, so that a new password makes the old one wrong at once. A
 * version counts for one epoch: after a fail-over that lost a new password, another one may get the same version.
 */
final class VerifiedPasswords {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MOST = 100_000;
    private static final Duration KEPT = Duration.ofHours(1);

    private final Epochs epochs;
    private final SecretKeySpec key;
    private final Cache<AccountId, byte[]> known =
            Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(KEPT).build();

    VerifiedPasswords(Epochs epochs) {
        this.epochs = epochs;
        var random = new byte[32];
        new SecureRandom().nextBytes(random);
        key = new SecretKeySpec(random, ALGORITHM);
    }

    boolean isKnown(Account account, String password) {
        byte[] remembered = known.getIfPresent(account.id());
        return remembered != null && MessageDigest.isEqual(remembered, mark(account, password));
    }

    void remember(Account account, String password) {
        known.put(account.id(), mark(account, password));
    }

    private byte[] mark(Account account, String password) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(ByteBuffer.allocate(20)
                    .putInt(epochs.current())
                    .putLong(account.id().value())
                    .putLong(account.credentialVersion())
                    .flip());
            return mac.doFinal(password.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
