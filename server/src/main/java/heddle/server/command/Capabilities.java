package heddle.server.command;

import heddle.protocol.Capability;
import heddle.server.config.PlaintextPolicy;
import heddle.server.session.Session;
import heddle.server.session.SessionSettings;
import heddle.server.session.State;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the server says it can do (RFC 3501 §7.2.1): only what it does completely. */
final class Capabilities {
    private static final List<Capability> ALWAYS = capabilities(
            "IMAP4rev1", "IMAP4rev2", "SASL-IR", "ID", "ENABLE", "IDLE", "NAMESPACE", "CHILDREN", "UNSELECT");

    private static final List<Capability> LOGGED_IN = capabilities(
            "UIDPLUS",
            "MOVE",
            "MULTIAPPEND",
            "BINARY",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "SPECIAL-USE",
            "CREATE-SPECIAL-USE",
            "STATUS=SIZE",
            "ESEARCH",
            "WITHIN",
            "UTF8=ACCEPT",
            "UIDONLY",
            "INPROGRESS",
            "CONDSTORE",
            "QRESYNC",
            "SAVEDATE",
            "PREVIEW",
            "OBJECTID",
            "COMPRESS=DEFLATE",
            "UNAUTHENTICATE",
            "SEARCHRES",
            "PARTIAL",
            "REPLACE",
            "NOTIFY");

    private final SessionSettings settings;
    private final Capability literals;
    private final Capability appendLimit;

    Capabilities(SessionSettings settings) {
        this.settings = settings;
        literals = new Capability(settings.limits().literalMinus() ? "LITERAL-" : "LITERAL+");
        appendLimit = new Capability("APPENDLIMIT=" + settings.limits().message());
    }

    private static List<Capability> capabilities(String... names) {
        return Stream.of(names).map(Capability::new).toList();
    }

    List<Capability> of(Session session) {
        if (session.state() instanceof State.LoggedIn) {
            return loggedIn();
        }
        var all = new ArrayList<>(ALWAYS);
        all.add(literals);
        if (!session.transport().isTls()) {
            all.add(new Capability("STARTTLS"));
        }
        all.add(new Capability(allowsPasswords(session) ? "AUTH=PLAIN" : "LOGINDISABLED"));
        return all;
    }

    /** {@return what a user is offered} */
    List<Capability> loggedIn() {
        var all = new ArrayList<>(ALWAYS);
        all.add(literals);
        all.addAll(LOGGED_IN);
        all.add(appendLimit);
        return all;
    }

    /** Whether a password may be sent over this connection as it is. */
    boolean allowsPasswords(Session session) {
        PlaintextPolicy policy = settings.plaintext();
        return session.transport().isTls()
                || policy == PlaintextPolicy.ALWAYS
                || (policy == PlaintextPolicy.LOOPBACK
                        && session.transport().remote().getAddress().isLoopbackAddress());
    }
}
