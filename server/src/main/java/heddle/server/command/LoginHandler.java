package heddle.server.command;

import heddle.protocol.command.AuthenticateCommand;
import heddle.protocol.command.LoginCommand;
import heddle.protocol.response.ContinuationResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.sasl.PlainCredentials;
import heddle.protocol.sasl.SaslMechanism;
import heddle.protocol.sasl.SaslPlain;
import heddle.protocol.sasl.SaslStep;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.server.authentication.Authenticator;
import heddle.server.session.Session;
import heddle.server.session.SessionSettings;
import heddle.server.session.State;
import heddle.storage.Account;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;

/** STARTTLS, LOGIN, AUTHENTICATE and UNAUTHENTICATE (RFC 3501 §6.2, RFC 8437). */
final class LoginHandler {
    private final Authenticator authenticator;
    private final Capabilities capabilities;
    private final SessionSettings settings;
    private final int mostFailures;

    LoginHandler(Authenticator authenticator, Capabilities capabilities, SessionSettings settings) {
        this.authenticator = authenticator;
        this.capabilities = capabilities;
        this.settings = settings;
        mostFailures = settings.failuresPerConnection();
    }

    /** The OK leaves in the clear; what the client sent before it shook hands is forgotten (RFC 3501 §6.2.1). */
    Done startTls(Session session) throws IOException {
        if (session.transport().isTls()) {
            throw new SyntaxException("TLS is active already");
        }
        return Done.of(session.state(), "begin TLS now");
    }

    Done login(LoginCommand command, Session session) throws IOException {
        requireSafety(session);
        return logIn("LOGIN", new PlainCredentials(command.user(), command.password()), session);
    }

    Done authenticate(AuthenticateCommand command, Session session) throws IOException {
        requireSafety(session);
        SaslMechanism mechanism =
                switch (command.mechanism()) {
                    case "PLAIN" -> new SaslPlain();
                    default -> throw new RefusedException(Word.CANNOT, "unknown mechanism " + command.mechanism());
                };
        byte[] response = command.initialResponse();
        if (response == null) {
            response = ask(session, mechanism, new byte[0]);
        }
        while (true) {
            switch (mechanism.step(response)) {
                case SaslStep.Challenge challenge -> response = ask(session, mechanism, challenge.octets());
                case SaslStep.Unverified(PlainCredentials credentials) -> {
                    return logIn(mechanism.name(), credentials, session);
                }
                case SaslStep.Proved _ ->
                    throw new IllegalStateException("no mechanism of this server proves anything by itself");
                case SaslStep.Refused() ->
                    throw new RefusedException(Word.AUTHENTICATIONFAILED, "this is not " + mechanism.name());
            }
        }
    }

    private byte[] ask(Session session, SaslMechanism mechanism, byte[] challenge) throws IOException {
        ContinuationResponse.challenge(challenge).writeTo(session.out());
        session.out().flush();
        Optional<byte[]> response = session.commands().saslResponse();
        if (response.isEmpty()) {
            authenticator.cancelled(mechanism.name());
            throw new SyntaxException("AUTHENTICATE given up");
        }
        return response.get();
    }

    private void requireSafety(Session session) {
        if (!capabilities.allowsPasswords(session)) {
            throw new RefusedException(Word.PRIVACYREQUIRED, "start TLS before you send a password");
        }
    }

    private Done logIn(String mechanism, PlainCredentials credentials, Session session) throws IOException {
        InetAddress from = session.transport().remote().getAddress();
        Account account;
        try {
            account = authenticator.logIn(mechanism, credentials, from);
        } catch (RefusedException refused) {
            fail(session, from, refused);
            throw refused;
        }
        session.user(account); // first: whatever fails from here on, the end of the session counts it down
        session.wire().limits(settings.afterLogin());
        session.transport().readTimeout(settings.timeouts().idle());
        var next = new State.Authenticated(account);
        return new Done(next, new ResponseCode.Capabilities(capabilities.loggedIn()), "logged in");
    }

    /** A failure is answered late, and the connection ends after a few. */
    private void fail(Session session, InetAddress from, RefusedException refused) throws IOException {
        try {
            Thread.sleep(authenticator.delayMillis(from));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (session.countFailure() >= mostFailures) {
            throw new EndOfServiceException(refused.code(), "too many failed log-ins");
        }
    }

    /**
     * Nothing of the session before is left, but for the layers of the stream below it; the limits are those of a stranger
     * again (RFC 8437 §3).
     */
    Done unauthenticate(Session session) throws IOException {
        leave(session);
        session.forgetUser();
        session.wire().limits(settings.beforeLogin());
        session.transport().readDeadline(settings.timeouts().login());
        return Done.of(new State.NotAuthenticated(), "nobody is logged in");
    }

    /** The session of whoever was logged in is over. */
    void leave(Session session) {
        session.user().ifPresent(authenticator::leave);
    }
}
