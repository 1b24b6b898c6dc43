package heddle.server.cli;

/** What a script learns from how a command ended. */
public final class ExitCode {
    /** Done. */
    public static final int OK = 0;

    /** It could not be done; why is on standard error. */
    public static final int FAILED = 1;

    /** The command line or the configuration is wrong; nothing was done. */
    public static final int USAGE = 2;

    private ExitCode() {}
}
