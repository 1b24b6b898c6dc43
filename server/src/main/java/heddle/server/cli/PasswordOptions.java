package heddle.server.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a password comes from. Never from the command line, which everybody on the machine can read. */
final class PasswordOptions {
    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "File whose first line is the password. Without it, the password is asked for on a terminal,"
                    + " and is the first line of standard input elsewhere.")
    private @Nullable Path file;

    /**
     * {@return the password}
     *
     * @throws FailedException when there is none, or the one typed is not repeated
     */
    String read() throws IOException {
        String password = file == null ? ask() : firstLine(Files.newBufferedReader(file));
        if (password.isEmpty()) {
            throw new FailedException("the password is empty");
        }
        return password;
    }

    private static String ask() throws IOException {
        Optional<Console> terminal = Terminal.find();
        if (terminal.isEmpty()) {
            return firstLine(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        }
        char[] password = terminal.get().readPassword("Password: ");
        char[] again = terminal.get().readPassword("The same again: ");
        if (password == null || !Arrays.equals(password, again)) {
            throw new FailedException("the passwords are not the same");
        }
        return new String(password);
    }

    private static String firstLine(BufferedReader source) throws IOException {
        try (source) {
            String line = source.readLine();
            return line == null ? "" : line;
        }
    }
}
