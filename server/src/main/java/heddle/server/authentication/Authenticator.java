package heddle.server.authentication;

import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.sasl.PlainCredentials;
import heddle.protocol.sasl.ScramSha256Keys;
import heddle.protocol.wire.RefusedException;
import heddle.server.config.ServerConfig;
import heddle.server.connection.KeyedCounter;
import heddle.server.logging.LogFields;
import heddle.server.logging.SeldomLine;
import heddle.server.metrics.AuthenticationResult;
import heddle.server.metrics.Limit;
import heddle.server.metrics.ServerMetrics;
import heddle.storage.Account;
import heddle.storage.AccountId;
import heddle.storage.Storage;
import heddle.storage.StorageException;
import java.io.IOException;
import java.lang.System.Logger;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * Says who a client is (DESIGN §8). Unknown user and wrong password cost and say the same; a changed password counts at
 * once, because every log-in reads the account.
 */
public final class Authenticator {
    /** How many times a password is hashed for new keys. */
    public static final int ITERATIONS = 65_536;

    private static final int SALT = 16;
    private static final int KEY = 32;

    private static final Logger LOG = System.getLogger(Authenticator.class.getName());

    private final Storage storage;
    private final ServerMetrics metrics;
    private final VerifiedPasswords verified;
    private final FailedLogins failures;
    private final KeyedCounter<AccountId> perUser;

    /** What no password belongs to: an unknown user's is hashed as anyone's. */
    private final ScramSha256Keys nobody;

    private final SeldomLine barred =
            new SeldomLine(LOG, "clients are turned away: an address has failed to log in too often");
    private final SeldomLine crowded = new SeldomLine(LOG, "clients are turned away: a user has too many connections");

    public Authenticator(Storage storage, ServerConfig config, ServerMetrics metrics) {
        this.storage = storage;
        this.metrics = metrics;
        verified = new VerifiedPasswords(storage.epochs());
        failures = new FailedLogins(config.authentication());
        perUser = new KeyedCounter<>(config.connections().perUser());
        nobody = new ScramSha256Keys(random(SALT), ITERATIONS, random(KEY), random(KEY));
    }

    /** {@return how many sessions each account has} */
    public KeyedCounter<AccountId> perUser() {
        return perUser;
    }

    /** {@return the failed log-ins of each address} */
    public FailedLogins failures() {
        return failures;
    }

    /** {@return the keys of a new password, with a salt of their own} */
    public static ScramSha256Keys newKeys(String password) {
        return ScramSha256Keys.derive(password, random(SALT), ITERATIONS);
    }

    private static byte[] random(int octets) {
        var random = new byte[octets];
        new SecureRandom().nextBytes(random);
        return random;
    }

    /**
     * {@return the account of the client, which counts as one of its sessions until {@link #leave}}
     *
     * @throws RefusedException {@code AUTHENTICATIONFAILED}, {@code AUTHORIZATIONFAILED} for another's account,
     *     {@code LIMIT} for too many sessions, {@code UNAVAILABLE} after too many failures from this address
     * @throws StorageException {@code UNAVAILABLE}
     */
    public Account logIn(String mechanism, PlainCredentials credentials, InetAddress from) throws IOException {
        if (failures.isBarred(from)) {
            metrics.limitHit(Limit.LOGIN_FAILURES);
            metrics.authenticated(mechanism, AuthenticationResult.LIMITED);
            barred.happened(fields(from));
            throw new RefusedException(Word.UNAVAILABLE, "too many failed log-ins, try again later");
        }
        Account account = verify(mechanism, credentials, from);
        if (!perUser.enter(account.id())) {
            metrics.limitHit(Limit.CONNECTIONS_PER_USER);
            metrics.authenticated(mechanism, AuthenticationResult.LIMITED);
            crowded.happened(fields(from).with("user", account.name()));
            throw new RefusedException(Word.LIMIT, "this account has too many connections");
        }
        metrics.authenticated(mechanism, AuthenticationResult.OK);
        return account;
    }

    private static LogFields fields(InetAddress from) {
        return new LogFields().with("address", from.getHostAddress());
    }

    private Account verify(String mechanism, PlainCredentials credentials, InetAddress from) throws IOException {
        Optional<Account> found;
        try {
            found = storage.accounts().find(credentials.authenticationId());
        } catch (StorageException away) {
            metrics.authenticated(mechanism, AuthenticationResult.UNAVAILABLE);
            throw away;
        }
        if (found.isEmpty()) {
            // Takes as long as a wrong password.
            storage.cpu().run(() -> matches(nobody, credentials.password()));
        }
        if (found.isEmpty()
                || !isPassword(found.get(), credentials.password())
                || found.get().isDisabled()) {
            metrics.authenticated(mechanism, AuthenticationResult.REFUSED);
            failures.count(from);
            throw new RefusedException(Word.AUTHENTICATIONFAILED, "wrong user name or password");
        }
        String authorization = credentials.authorizationId();
        if (!authorization.isEmpty() && !authorization.equals(credentials.authenticationId())) {
            metrics.authenticated(mechanism, AuthenticationResult.REFUSED);
            throw new RefusedException(Word.AUTHORIZATIONFAILED, "you may not act for another user");
        }
        return found.get();
    }

    private boolean isPassword(Account account, String password) throws IOException {
        return verified.isKnown(account, password) || storage.cpu().run(() -> isVerified(account, password));
    }

    /** Asks again what is known: all the clients of a user come at once when another pod has died, and wait for one hash. */
    private boolean isVerified(Account account, String password) {
        if (verified.isKnown(account, password)) {
            return true;
        }
        if (matches(account.keys(), password)) {
            verified.remember(account, password);
            return true;
        }
        return false;
    }

    private boolean matches(ScramSha256Keys keys, String password) {
        metrics.passwordHashed();
        return keys.matches(password);
    }

    /** {@return how long the next answer to a failure from there is to wait, in milliseconds} */
    public long delayMillis(InetAddress from) {
        return failures.delayMillis(from);
    }

    /** Counts a failed exchange that never came to a password. */
    public void cancelled(String mechanism) {
        metrics.authenticated(mechanism, AuthenticationResult.CANCELLED);
    }

    /** One session of this account is over. */
    public void leave(Account account) {
        perUser.leave(account.id());
    }
}
