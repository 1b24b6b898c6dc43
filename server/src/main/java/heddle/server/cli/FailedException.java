package heddle.server.cli;

/** A command cannot be carried out; the message is one line for whoever asked. */
final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FailedException(String message) {
        super(message);
    }
}
