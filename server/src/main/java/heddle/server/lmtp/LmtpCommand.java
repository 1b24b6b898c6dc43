package heddle.server.lmtp;

import java.util.List;
import java.util.Locale;

/** What a client asks for (RFC 2033 §4, RFC 5321 §4.1.1). */
sealed interface LmtpCommand {
    record Lhlo(String client) implements LmtpCommand {}

    /**
     * The start of a delivery.
     *
     * @param size announced size (RFC 1870); 0 when none is
     * @param isInternational whether addresses may hold more than US-ASCII ({@code SMTPUTF8}, RFC 6531)
     */
    record Mail(MailAddress reversePath, long size, boolean isInternational) implements LmtpCommand {}

    record Rcpt(MailAddress forwardPath) implements LmtpCommand {}

    record Data() implements LmtpCommand {}

    record Rset() implements LmtpCommand {}

    record Noop() implements LmtpCommand {}

    record Vrfy() implements LmtpCommand {}

    record StartTls() implements LmtpCommand {}

    record Quit() implements LmtpCommand {}

    /** A size of so many digits is larger than anything. */
    int LONG_SIZE = 19;

    /** RFC 1870 §3 knows none longer. */
    int LONGEST_SIZE = 20;

    /**
     * {@return the command of this line}
     *
     * @throws RefusedLineException with the reply for whatever is not a command of LMTP
     */
    static LmtpCommand parse(String line) {
        int space = line.indexOf(' ');
        String verb = (space < 0 ? line : line.substring(0, space)).toUpperCase(Locale.ROOT);
        String argument = space < 0 ? "" : line.substring(space + 1);
        return switch (verb) {
            case "LHLO" -> new Lhlo(required(argument));
            case "MAIL" -> mail(PathAndParameters.read("FROM:", argument));
            case "RCPT" -> rcpt(PathAndParameters.read("TO:", argument));
            case "DATA" -> bare(argument, new Data());
            case "RSET" -> bare(argument, new Rset());
            case "NOOP" -> new Noop();
            case "VRFY" -> {
                required(argument);
                yield new Vrfy();
            }
            case "STARTTLS" -> bare(argument, new StartTls());
            case "QUIT" -> bare(argument, new Quit());
            case "HELO", "EHLO" -> throw new RefusedLineException(500, "5.5.1", "this is LMTP: say LHLO");
            case "EXPN", "HELP", "BDAT", "AUTH" -> throw new RefusedLineException(502, "5.5.1", "not offered here");
            default -> throw new RefusedLineException(500, "5.5.1", "unknown command");
        };
    }

    private static String required(String argument) {
        if (argument.isBlank()) {
            throw new RefusedLineException(501, "5.5.4", "an argument is missing");
        }
        return argument.strip();
    }

    private static LmtpCommand bare(String argument, LmtpCommand command) {
        if (!argument.isBlank()) {
            throw new RefusedLineException(501, "5.5.4", "this command has no argument");
        }
        return command;
    }

    /** {@code keyword path *(SP parameter)}. */
    record PathAndParameters(MailAddress address, List<String> parameters) {
        private static PathAndParameters read(String keyword, String argument) {
            boolean isKeyword = argument.regionMatches(true, 0, keyword, 0, keyword.length());
            String rest = isKeyword ? argument.substring(keyword.length()).strip() : "";
            if (!rest.startsWith("<")) {
                throw new RefusedLineException(501, "5.5.4", "the syntax is " + keyword + "<address>");
            }
            int end = endOfPath(rest);
            String parameters = rest.substring(end).strip();
            return new PathAndParameters(
                    MailAddress.parse(rest.substring(0, end)),
                    parameters.isEmpty() ? List.of() : List.of(parameters.split(" +")));
        }

        /** Behind the first closing bracket that is not quoted. */
        private static int endOfPath(String text) {
            boolean isQuoted = false;
            for (int i = 0; i < text.length(); i++) {
                switch (text.charAt(i)) {
                    case '"' -> isQuoted = !isQuoted;
                    case '\\' -> i += isQuoted ? 1 : 0;
                    case '>' -> {
                        if (!isQuoted) {
                            return i + 1;
                        }
                    }
                    default -> {}
                }
            }
            return text.length();
        }
    }

    private static Mail mail(PathAndParameters path) {
        long size = 0;
        boolean isInternational = false;
        for (String parameter : path.parameters) {
            int equals = parameter.indexOf('=');
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            switch ((equals < 0 ? parameter : parameter.substring(0, equals)).toUpperCase(Locale.ROOT)) {
                case "SIZE" -> size = size(value);
                case "BODY" -> checkBody(value);
                case "SMTPUTF8" -> isInternational = true;
                default -> throw new RefusedLineException(555, "5.5.4", "unknown parameter of MAIL");
            }
        }
        checkSpelling(path.address, isInternational);
        return new Mail(path.address, size, isInternational);
    }

    private static Rcpt rcpt(PathAndParameters path) {
        if (!path.parameters.isEmpty()) {
            throw new RefusedLineException(555, "5.5.4", "unknown parameter of RCPT");
        }
        if (path.address.equals(MailAddress.NULL)) {
            throw new RefusedLineException(501, "5.1.3", "there is no recipient");
        }
        return new Rcpt(path.address);
    }

    /**
     * Checks that the address may be spelled as it is.
     *
     * @throws RefusedLineException 553 when it needs SMTPUTF8, and the delivery has not been announced so
     */
    static void checkSpelling(MailAddress address, boolean isInternational) {
        if (address.isInternational() && !isInternational) {
            throw new RefusedLineException(553, "5.6.7", "such an address needs SMTPUTF8");
        }
    }

    private static long size(String digits) {
        if (!digits.matches("[0-9]{1," + LONGEST_SIZE + "}")) {
            throw new RefusedLineException(501, "5.5.4", "SIZE is a number");
        }
        return digits.length() >= LONG_SIZE ? Long.MAX_VALUE : Long.parseLong(digits);
    }

    private static void checkBody(String type) {
        if (!type.equalsIgnoreCase("7BIT") && !type.equalsIgnoreCase("8BITMIME")) {
            throw new RefusedLineException(501, "5.5.4", "BODY is 7BIT or 8BITMIME");
        }
    }
}
