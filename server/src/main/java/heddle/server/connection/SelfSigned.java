package heddle.server.connection;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** The certificate of a server that nobody has given one: good enough to begin with, trusted by nobody. */
final class SelfSigned {
    private static final Logger LOG = System.getLogger(SelfSigned.class.getName());
    private static final String ALIAS = "heddle";
    private static final int DAYS = 3650;

    private SelfSigned() {}

    /**
     * {@return the certificate in this directory; made, with the keytool of this Java runtime, if it is not there}
     *
     * @throws IOException when it cannot be made
     */
    static CertificateFiles in(Path directory) throws IOException {
        Path certificate = directory.resolve("certificate.pem");
        Path key = directory.resolve("key.pem");
        if (!Files.exists(certificate)) {
            Files.createDirectories(directory);
            make(certificate, key, directory.resolve("new.p12"));
            LOG.log(Level.INFO, "made a self-signed TLS certificate: {0}", certificate);
        }
        return new CertificateFiles(certificate, key, null);
    }

    private static void make(Path certificate, Path key, Path scratch) throws IOException {
        String password = UUID.randomUUID().toString();
        Files.deleteIfExists(scratch);
        try {
            runKeytool(scratch, password);
            KeyStore store = KeyStore.getInstance(scratch.toFile(), password.toCharArray());
            byte[] secret = store.getKey(ALIAS, password.toCharArray()).getEncoded();
            writeSecret(key, pem("PRIVATE KEY", secret));
            byte[] shown = store.getCertificate(ALIAS).getEncoded();
            Files.writeString(certificate, pem("CERTIFICATE", shown)); // last: its presence says that both are there
        } catch (GeneralSecurityException broken) {
            throw new IOException("keytool made what cannot be read", broken);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    private static void runKeytool(Path scratch, String password) throws IOException {
        String host = hostName();
        var process = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                String.valueOf(DAYS),
                "-dname",
                "CN=" + host,
                "-ext",
                "SAN=dns:localhost," + (host.equals("localhost") ? "" : "dns:" + host + ",") + "ip:127.0.0.1,ip:::1",
                "-storetype",
                "PKCS12",
                "-keystore",
                scratch.toString(),
                "-storepass:env",
                "KEYSTORE_PASSWORD"));
        process.environment().put("KEYSTORE_PASSWORD", password);
        Process keytool = process.redirectErrorStream(true).start();
        keytool.getOutputStream().close();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (keytool.waitFor() != 0) {
                throw new IOException("keytool could not make a certificate: " + said.strip());
            }
        } catch (InterruptedException stopped) {
            keytool.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("stopped while making a certificate", stopped);
        }
    }

    /** This machine's name where it can stand in a certificate. */
    private static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.matches("[A-Za-z][A-Za-z0-9.-]*") ? name : "localhost";
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    private static void writeSecret(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private static String pem(String type, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, lines, type);
    }
}
