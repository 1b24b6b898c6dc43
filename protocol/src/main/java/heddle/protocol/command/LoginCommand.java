package heddle.protocol.command;

import heddle.protocol.wire.WireReader;
import java.io.IOException;

/** {@code LOGIN}: a user name and a password in the clear (RFC 3501 §6.2.3). */
public record LoginCommand(String user, String password) implements Command.NotAuthenticated {
    /** {@code login = "LOGIN" SP userid SP password}. */
    static LoginCommand read(WireReader in) throws IOException {
        in.space();
        String user = in.text();
        in.space();
        return new LoginCommand(user, in.text());
    }

    /** Without the password: this may get into a log. */
    @Override
    public String toString() {
        return "LoginCommand[user=" + user + "]";
    }
}
