package heddle.server.cli;

/** What an account may be called. Names are compared exactly, letter case included, as IMAP user names are. */
final class AccountName {
    private static final int LONGEST = 255;

    private AccountName() {}

    /**
     * {@return {@code name}}
     *
     * @throws FailedException when no account should have it
     */
    static String check(String name) {
        if (name.isEmpty() || name.length() > LONGEST) {
            throw new FailedException("the name of an account has 1 to " + LONGEST + " characters");
        }
        if (!name.codePoints().allMatch(AccountName::isAllowed)) {
            throw new FailedException(
                    "the name of an account has no white space and no control characters: '" + printable(name) + "'");
        }
        return name;
    }

    private static boolean isAllowed(int c) {
        return !Character.isISOControl(c)
                && !Character.isWhitespace(c)
                && !Character.isSpaceChar(c)
                && Character.isDefined(c)
                && Character.getType(c) != Character.SURROGATE
                && Character.getType(c) != Character.FORMAT
                && c != '\uFFFD'; // what a terminal in another charset makes of a letter
    }

    private static String printable(String name) {
        return name.replaceAll("\\p{Cntrl}", "?");
    }
}
