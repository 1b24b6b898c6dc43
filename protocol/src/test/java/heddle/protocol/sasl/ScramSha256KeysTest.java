package heddle.protocol.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class ScramSha256KeysTest {
    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void verifyTheExchangeOfRfc7677() throws GeneralSecurityException {
        ScramSha256Keys keys = ScramSha256Keys.derive("pencil", SALT, 4096);
        String authMessage = "n=user,r=rOprNGfwEbeRWgbNEkqO,"
                + "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        assertThat(Base64.getEncoder().encodeToString(hmac(keys.serverKey(), authMessage)))
                .isEqualTo("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        byte[] clientKey = Base64.getDecoder().decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        byte[] signature = hmac(keys.storedKey(), authMessage);
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= signature[i];
        }
        assertThat(MessageDigest.getInstance("SHA-256").digest(clientKey)).isEqualTo(keys.storedKey());
    }

    @Test
    void matchTheirPasswordOnly() {
        ScramSha256Keys keys = ScramSha256Keys.derive("pä\u00adss", SALT, 10);
        assertThat(keys.matches("päss")).isTrue();
        assertThat(keys.matches("pa\u0308ss")).isTrue();
        assertThat(keys.matches("pass")).isFalse();
        assertThat(keys.matches("")).isFalse();
        assertThat(keys.matches("päss\u0007")).isFalse();
    }

    @Test
    void areNotDerivedFromNothing() {
        assertThatThrownBy(() -> ScramSha256Keys.derive("\u00ad", SALT, 10))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void copyTheirArraysAndHideThem() {
        byte[] salt = SALT.clone();
        ScramSha256Keys keys = ScramSha256Keys.derive("pencil", salt, 10);
        ScramSha256Keys same = new ScramSha256Keys(keys.salt(), 10, keys.storedKey(), keys.serverKey());
        salt[0]++;
        keys.storedKey()[0]++;
        assertThat(keys).isEqualTo(same).hasSameHashCodeAs(same).hasToString("ScramSha256Keys[iterations=10]");
    }
}
