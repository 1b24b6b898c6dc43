package heddle.protocol.command;

import heddle.protocol.wire.SyntaxException;

/**
 * There is no such command. As the first line of a connection it means that the other side speaks another protocol,
 * perhaps made to by somebody else, and the connection had better end.
 */
public final class UnknownCommandException extends SyntaxException {
    private static final long serialVersionUID = 1;

    UnknownCommandException(String text) {
        super(text);
    }
}
