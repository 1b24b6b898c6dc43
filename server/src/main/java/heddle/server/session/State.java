package heddle.server.session;

import heddle.storage.Account;

/** The state of a session, and what is known in it (RFC 3501 §3). */
public sealed interface State {
    /** Nobody has logged in yet. */
    record NotAuthenticated() implements State {}

    /** Somebody has. */
    sealed interface LoggedIn extends State {
        Account account();
    }

    /** No mailbox is selected. */
    record Authenticated(Account account) implements LoggedIn {}

    /** A mailbox is selected. */
    record Selected(Account account, SelectedMailbox mailbox) implements LoggedIn {}

    /** The session is over. */
    record Logout() implements State {}
}
