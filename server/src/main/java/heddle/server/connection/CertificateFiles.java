package heddle.server.connection;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.pki.KeystoreKeys;
import io.helidon.common.pki.PemKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAKey;
import java.security.spec.ECPrivateKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a certificate chain and its private key are.
 *
 * @param certificate PEM, or PKCS #12 when its name ends in {@code .p12} or {@code .pfx}
 * @param key PEM (PKCS #8, or as RFC 5915 has it); null when the key is in the certificate's file
 * @param password of the key, null when it has none
 */
public record CertificateFiles(
        Path certificate, @Nullable Path key, @Nullable String password) {
    static final char[] NO_PASSWORD = {};
    /** Of the key and its chain in what {@link #load} gives. */
    static final String ALIAS = "heddle";

    private static final Pattern PEM_KEY = Pattern.compile(
            "-----BEGIN (?<kind>[A-Z ]*PRIVATE KEY)-----(?<base64>.*?)-----END \\k<kind>-----", Pattern.DOTALL);

    /** What shows that a file has changed: when it was written, and how long it is. */
    record Stamp(List<Object> parts) {}

    /** @throws IOException when a file is missing */
    Stamp stamp() throws IOException {
        Path secret = key == null ? certificate : key;
        return new Stamp(List.of(
                Files.getLastModifiedTime(certificate),
                Files.size(certificate),
                Files.getLastModifiedTime(secret),
                Files.size(secret)));
    }

    /**
     * {@return a key store in memory with this one entry, under {@link #NO_PASSWORD}}
     *
     * @throws IOException when a file cannot be read, or key and certificate do not belong together
     */
    KeyStore load() throws IOException {
        try {
            Keys keys = isKeyStore() ? readKeyStore() : readPem();
            PrivateKey secret =
                    keys.privateKey().orElseThrow(() -> new KeyStoreException("there is no private key for it"));
            List<X509Certificate> chain = keys.certChain();
            if (chain.isEmpty()) {
                throw new KeyStoreException("there is none");
            }
            if (!belongTogether(secret, chain.getFirst().getPublicKey())) {
                throw new KeyStoreException("the private key is another's");
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, NO_PASSWORD);
            store.setKeyEntry(ALIAS, secret, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | RuntimeException unreadable) {
            throw new IOException(
                    "cannot read the certificate %s: %s".formatted(certificate, unreadable.getMessage()), unreadable);
        }
    }

    private boolean isKeyStore() {
        String name = certificate.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".p12") || name.endsWith(".pfx");
    }

    private Keys readPem() throws IOException, GeneralSecurityException {
        PemKeys.Builder pem = PemKeys.builder().certChain(Resource.create(certificate));
        Path file = key == null ? certificate : key;
        Matcher found = PEM_KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (found.find() && found.group("kind").equals("EC PRIVATE KEY")) {
            List<X509Certificate> chain =
                    Keys.builder().pem(pem.build()).build().certChain();
            byte[] der = Base64.getMimeDecoder().decode(found.group("base64"));
            PrivateKey secret = ellipticCurveKey(der, chain.getFirst().getPublicKey());
            return Keys.builder().certChain(chain).privateKey(secret).build();
        }
        // The part of the file that is a private key: the library wants it to be the first.
        pem.key(Resource.create(file.toString(), found.hasMatch() ? found.group() : ""));
        if (password != null) {
            pem.keyPassphrase(password);
        }
        return Keys.builder().pem(pem.build()).build();
    }

    /**
     * Reads {@code ECPrivateKey} (RFC 5915 §3), which the library does not: a version, the key, and then perhaps what the
     * certificate tells too.
     */
    private static PrivateKey ellipticCurveKey(byte[] der, PublicKey shown) throws GeneralSecurityException {
        int content = der[1] > 0 ? 2 : 3; // a long sequence has a longer length
        int number = content + 5; // after the version 02 01 01 and 04 LENGTH
        if (der[0] != 0x30 || der[content + 3] != 0x04 || !(shown instanceof ECPublicKey onCurve)) {
            throw new InvalidKeyException("the private key is not as RFC 5915 says, or encrypted: make it PKCS #8");
        }
        var value = new BigInteger(1, der, number, der[number - 1]);
        return KeyFactory.getInstance("EC").generatePrivate(new ECPrivateKeySpec(value, onCurve.getParams()));
    }

    private Keys readKeyStore() throws GeneralSecurityException {
        String secret = password == null ? "" : password;
        return Keys.builder()
                .keystore(KeystoreKeys.builder()
                        .keystore(Resource.create(certificate))
                        .passphrase(secret)
                        .keyAlias(keyAlias(secret))
                        .keyPassphrase(secret)
                        .build())
                .build();
    }

    private String keyAlias(String secret) throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance(certificate.toFile(), secret.toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    return alias;
                }
            }
        } catch (IOException refused) { // says "keystore password was incorrect" and not where
            throw new KeyStoreException(refused.getMessage(), refused);
        }
        throw new KeyStoreException("there is no private key in it");
    }

    /** While two files are being replaced one after the other, a new certificate can stand beside an old key. */
    private static boolean belongTogether(PrivateKey secret, PublicKey shown) throws GeneralSecurityException {
        if (secret instanceof RSAKey one && shown instanceof RSAKey other) { // to sign with it takes a tenth of a start
            return one.getModulus().equals(other.getModulus());
        }
        String kind = secret.getAlgorithm();
        byte[] probe = {1, 2, 3};
        var signature = Signature.getInstance(kind.equals("EC") ? "SHA256withECDSA" : kind);
        signature.initSign(secret);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(shown);
        signature.update(probe);
        return signature.verify(signed);
    }
}
