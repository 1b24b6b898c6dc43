package heddle.server.command;

import heddle.protocol.response.ResponseCode;
import heddle.server.session.State;
import org.jspecify.annotations.Nullable;

/**
 * What a command that succeeded leaves behind: the state of the session, and the words of its OK.
 *
 * @param code null when there is nothing to tell a program
 */
public record Done(State next, @Nullable ResponseCode code, String text) {
    static Done of(State next, String text) {
        return new Done(next, null, text);
    }
}
