package heddle.storage;

import java.util.Optional;

/**
 * On whose behalf a thread works: a session, and which of its commands. What is logged meanwhile names it, and the time that
 * the database takes is put down to it. Whoever works for a session holds its output lock, or is waited for, so that there is
 * one at a time.
 */
public final class Activity {
    private static final ScopedValue<Activity> CURRENT = ScopedValue.newInstance();

    private final String session;
    private long command;
    private int sqlCount;
    private long sqlNanos;
    private long waitNanos;

    /** @param session names the session in the log, as no other */
    public Activity(String session) {
        this.session = session;
    }

    /** {@return what this thread works on; empty when it is on behalf of no session} */
    public static Optional<Activity> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Work without a result. */
    @FunctionalInterface
    public interface Work<X extends Throwable> {
        void run() throws X;
    }

    /** Lets this thread work on behalf of this session. */
    public <X extends Throwable> void run(Work<X> work) throws X {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** Lets this thread work on behalf of this session. {@return what comes of it} */
    <R, X extends Throwable> R call(ScopedValue.CallableOp<R, X> work) throws X {
        return ScopedValue.where(CURRENT, this).call(work);
    }

    /** The session's next command begins. */
    public void nextCommand() {
        command++;
        sqlCount = 0;
        sqlNanos = 0;
        waitNanos = 0;
    }

    /** Puts one use of a database connection down to whatever this thread works on; both times in nanoseconds. */
    public static void usedDatabase(long waited, long worked) {
        if (CURRENT.isBound()) {
            Activity current = CURRENT.get();
            current.sqlCount++;
            current.waitNanos += waited;
            current.sqlNanos += worked;
        }
    }

    /** {@return the session} */
    public String session() {
        return session;
    }

    /** {@return how many commands the session has sent, this one included} */
    public long commands() {
        return command;
    }

    /** {@return session and command as the log names them} */
    public String id() {
        return session + "." + command;
    }

    /** {@return how often the command has used a database connection} */
    public int sqlCount() {
        return sqlCount;
    }

    /** {@return for how long it has, in nanoseconds} */
    public long sqlNanos() {
        return sqlNanos;
    }

    /** {@return how long it has waited for one, in nanoseconds} */
    public long waitNanos() {
        return waitNanos;
    }
}
