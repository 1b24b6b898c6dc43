package heddle.server.cli;

import java.io.Console;
import java.util.Optional;

/** Whether a person sits before this command. */
final class Terminal {
    private Terminal() {}

    /** {@return the terminal, when both input and output are one} */
    static Optional<Console> find() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal);
    }
}
