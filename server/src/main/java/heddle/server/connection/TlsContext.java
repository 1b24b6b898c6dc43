package heddle.server.connection;

import heddle.server.config.ConfigException;
import heddle.server.config.ServerConfig;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * Makes the TLS engines of connections: TLS 1.2 and 1.3, our certificate, no certificate of the client's. When a file of
 * the certificate changes, new connections get the new one; one that cannot be used leaves the old one in force.
 */
public final class TlsContext {
    private static final Logger LOG = System.getLogger(TlsContext.class.getName());
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final int SESSIONS_REMEMBERED = 2_000;
    private static final long CHECK_INTERVAL = TimeUnit.SECONDS.toNanos(2);

    private final CertificateFiles files;
    private final AtomicLong nextCheck = new AtomicLong(System.nanoTime() + CHECK_INTERVAL);
    private volatile CertificateFiles.Stamp seen;
    private volatile Certified current;

    /** A context, and until when its certificate is valid. */
    private record Certified(SSLContext context, Instant expiry) {}

    /**
     * Reads the certificate.
     *
     * @throws IOException when it cannot be read or used; the message is for the operator
     */
    public TlsContext(CertificateFiles files) throws IOException {
        this.files = files;
        this.seen = files.stamp();
        this.current = load(files);
    }

    /**
     * {@return a context with the configured certificate, or with a self-signed one in the data directory, which is made
     * if it is not there}
     *
     * @throws ConfigException when the configured one cannot be read or used
     * @throws IOException when a self-signed one cannot be made or read
     */
    public static TlsContext open(ServerConfig.Tls config, Path dataDirectory) throws IOException {
        Path certificate = config.certificate();
        if (certificate == null) {
            return new TlsContext(SelfSigned.in(dataDirectory.resolve("tls")));
        }
        try {
            return new TlsContext(new CertificateFiles(certificate, config.key(), config.password()));
        } catch (IOException unusable) {
            throw new ConfigException("tls.certificate: '%s' cannot be used: %s".formatted(certificate, why(unusable)));
        }
    }

    private static String why(IOException unusable) {
        return switch (unusable) {
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case AccessDeniedException denied -> "no permission for " + denied.getFile();
            default -> String.valueOf(unusable.getMessage());
        };
    }

    /** {@return a new engine in server mode} */
    SSLEngine engine() {
        SSLEngine engine = current().context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setUseCipherSuitesOrder(true);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** {@return until when the certificate that is in use is valid} */
    public Instant expiry() {
        return current().expiry;
    }

    private Certified current() {
        long due = nextCheck.get();
        if (System.nanoTime() - due >= 0 && nextCheck.compareAndSet(due, System.nanoTime() + CHECK_INTERVAL)) {
            reloadIfChanged();
        }
        return current;
    }

    /** Reads the certificate again if a file has changed since it was last looked at. */
    synchronized void reloadIfChanged() {
        try {
            CertificateFiles.Stamp stamp = files.stamp();
            if (!stamp.equals(seen)) {
                seen = stamp;
                current = load(files);
                LOG.log(Level.INFO, "TLS certificate read again: {0}", files.certificate());
            }
        } catch (IOException unusable) {
            LOG.log(Level.WARNING, "the old TLS certificate stays in use: {0}", unusable.getMessage());
        }
    }

    private static Certified load(CertificateFiles files) throws IOException {
        try {
            KeyStore store = files.load();
            var certificate = (X509Certificate) store.getCertificate(CertificateFiles.ALIAS);
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, CertificateFiles.NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), new TrustManager[0], null);
            context.getServerSessionContext().setSessionCacheSize(SESSIONS_REMEMBERED);
            return new Certified(context, certificate.getNotAfter().toInstant());
        } catch (GeneralSecurityException unusable) {
            throw new IOException("cannot use the certificate " + files.certificate() + ": " + unusable, unusable);
        }
    }
}
