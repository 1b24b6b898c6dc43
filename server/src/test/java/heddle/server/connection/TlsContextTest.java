package heddle.server.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsContextTest {
    @TempDir
    Path directory;

    @Test
    void makesACertificateOnce() throws Exception {
        CertificateFiles files = SelfSigned.in(directory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("key.pem"))))
                .isEqualTo("rw-------");
        String first = Files.readString(files.certificate());
        SelfSigned.in(directory);
        assertThat(files.certificate()).hasContent(first);
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("certificate.pem", "key.pem");
        var certificate = (X509Certificate) shownBy(new TlsContext(files));
        assertThat(names(certificate)).contains("localhost", "127.0.0.1");
    }

    @Test
    void takesANewCertificateWithoutARestart() throws Exception {
        CertificateFiles files = SelfSigned.in(directory.resolve("old"));
        CertificateFiles newer = SelfSigned.in(directory.resolve("new"));
        var tls = new TlsContext(files);
        Certificate before = shownBy(tls);
        replace(newer.certificate(), files.certificate());
        tls.reloadIfChanged();
        assertThat(shownBy(tls)).as("the key is still the old one").isEqualTo(before);
        replace(
                newer.certificate().resolveSibling("key.pem"),
                files.certificate().resolveSibling("key.pem"));
        tls.reloadIfChanged();
        assertThat(shownBy(tls)).isEqualTo(shownBy(new TlsContext(newer))).isNotEqualTo(before);
    }

    @Test
    void keepsTheOldCertificateWhenTheNewOneIsBroken() throws Exception {
        CertificateFiles files = SelfSigned.in(directory);
        var tls = new TlsContext(files);
        Certificate before = shownBy(tls);
        Files.writeString(files.certificate(), "not a certificate");
        tls.reloadIfChanged();
        assertThat(shownBy(tls)).isEqualTo(before);
        Files.delete(files.certificate());
        tls.reloadIfChanged();
        assertThat(shownBy(tls)).isEqualTo(before);
    }

    @Test
    void readsCertificateAndKeyFromOneFile() throws Exception {
        CertificateFiles files = SelfSigned.in(directory);
        Path both = directory.resolve("both.pem");
        Files.writeString(both, Files.readString(files.certificate()) + Files.readString(directory.resolve("key.pem")));
        assertThat(shownBy(new TlsContext(new CertificateFiles(both, null, null))))
                .isEqualTo(shownBy(new TlsContext(files)));
    }

    /** What cert-manager and openssl write when nobody asks for PKCS #8 (RFC 5915). */
    @Test
    void readsAnEllipticCurveKeyAsItIs() throws Exception {
        CertificateFiles files = SelfSigned.in(directory);
        String pkcs8 = Files.readString(directory.resolve("key.pem")).replaceAll("-----[A-Z ]+-----|\\s", "");
        byte[] der = Base64.getDecoder().decode(pkcs8);
        int wrapping = 28; // version, algorithm and curve of PKCS #8, before the key itself
        byte[] bare = Arrays.copyOfRange(der, wrapping, der.length);
        Path key = directory.resolve("bare.pem");
        Files.writeString(key, pem("EC PRIVATE KEY", bare));
        assertThat(shownBy(new TlsContext(new CertificateFiles(files.certificate(), key, null))))
                .isEqualTo(shownBy(new TlsContext(files)));
        Files.writeString(key, pem("EC PRIVATE KEY", new byte[bare.length]));
        assertThatThrownBy(() -> new TlsContext(new CertificateFiles(files.certificate(), key, null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("PKCS #8");
    }

    private static String pem(String kind, byte[] der) {
        String base64 = Base64.getMimeEncoder().encodeToString(der);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, base64, kind);
    }

    @Test
    void readsPkcs12() throws Exception {
        Path store = rsaKeyStore();
        var certificate = (X509Certificate) shownBy(new TlsContext(new CertificateFiles(store, null, "changeit")));
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=mail.example.org");
        assertThatThrownBy(() -> new TlsContext(new CertificateFiles(store, null, "wrong")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("mail.p12");
    }

    @Test
    void refusesTheRsaKeyOfAnotherCertificate() throws Exception {
        Certificate certificate = shownBy(new TlsContext(new CertificateFiles(rsaKeyStore(), null, "changeit")));
        Path shown = Files.writeString(directory.resolve("shown.pem"), pem("CERTIFICATE", certificate.getEncoded()));
        PrivateKey another =
                KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate();
        Path key = Files.writeString(directory.resolve("another.pem"), pem("PRIVATE KEY", another.getEncoded()));
        assertThatThrownBy(() -> new TlsContext(new CertificateFiles(shown, key, null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the private key is another's");
    }

    private Path rsaKeyStore() throws Exception {
        Path store = directory.resolve("mail.p12");
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "whatever",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=mail.example.org",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        assertThat(keytool.waitFor()).isZero();
        return store;
    }

    @Test
    void namesTheFileThatCannotBeUsed() {
        Path missing = directory.resolve("missing.pem");
        assertThatThrownBy(() -> new TlsContext(new CertificateFiles(missing, null, null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("missing.pem");
    }

    private static void replace(Path newer, Path older) throws IOException {
        Path beside = older.resolveSibling("beside");
        Files.copy(newer, beside);
        Files.move(beside, older, StandardCopyOption.REPLACE_EXISTING);
    }

    private static List<String> names(X509Certificate certificate) throws Exception {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null
                ? List.of()
                : names.stream().map(name -> String.valueOf(name.get(1))).toList();
    }

    private static Certificate shownBy(TlsContext tls) throws IOException {
        try (var server = TestListener.open(
                        Listener.Kind.IMAPS, tls, transport -> transport.input().read());
                SSLSocket client = server.connectTls()) {
            return client.getSession().getPeerCertificates()[0];
        }
    }
}
