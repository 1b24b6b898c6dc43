package heddle.protocol.sasl;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a password: enough to verify it, in the clear or by SCRAM-SHA-256, and not enough to log in with
 * (RFC 5802 §3, RFC 7677).
 *
 * @param iterations of PBKDF2; at least 1
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
public record ScramSha256Keys(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {
    private static final int KEY_BITS = 256;

    public ScramSha256Keys {
        salt = salt.clone();
        storedKey = storedKey.clone();
        serverKey = serverKey.clone();
    }

    /**
     * {@return the keys of {@code password}} Takes as long as {@code iterations} say: milliseconds to seconds of CPU.
     *
     * @throws IllegalArgumentException with words for people, when the password is empty or SASLprep forbids it
     */
    public static ScramSha256Keys derive(String password, byte[] salt, int iterations) {
        byte[] salted = saltedPassword(password, salt, iterations);
        byte[] storedKey = sha256(hmac(salted, "Client Key"));
        byte[] serverKey = hmac(salted, "Server Key");
        Arrays.fill(salted, (byte) 0);
        return new ScramSha256Keys(salt, iterations, storedKey, serverKey);
    }

    /** Whether these are the keys of {@code password}. Takes as long as {@link #derive}, whatever the answer. */
    public boolean matches(String password) {
        try {
            byte[] salted = saltedPassword(password, salt, iterations);
            boolean same = MessageDigest.isEqual(storedKey, sha256(hmac(salted, "Client Key")));
            Arrays.fill(salted, (byte) 0);
            return same;
        } catch (IllegalArgumentException _) {
            return false; // nobody has such a password
        }
    }

    private static byte[] saltedPassword(String password, byte[] salt, int iterations) {
        String prepared = Saslprep.prepare(password);
        if (prepared.isEmpty()) {
            throw new IllegalArgumentException("the password is empty");
        }
        var spec = new PBEKeySpec(prepared.toCharArray(), salt, iterations, KEY_BITS);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(broken);
        } finally {
            spec.clearPassword();
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(broken);
        }
    }

    @Override
    public byte[] salt() {
        return salt.clone();
    }

    @Override
    public byte[] storedKey() {
        return storedKey.clone();
    }

    @Override
    public byte[] serverKey() {
        return serverKey.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ScramSha256Keys(byte[] otherSalt, int rounds, byte[] otherStored, byte[] otherServer)
                && iterations == rounds
                && Arrays.equals(salt, otherSalt)
                && MessageDigest.isEqual(storedKey, otherStored)
                && MessageDigest.isEqual(serverKey, otherServer);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(salt);
    }

    /** Without the keys: this may get into a log. */
    @Override
    public String toString() {
        return "ScramSha256Keys[iterations=" + iterations + "]";
    }
}
