package heddle.storage;

import java.util.Optional;

/**
 * On whose behalf a thread works: a session, and which of its commands. What is logged meanwhile names it, and the time that
 * the database takes is put down to it. Several threads may work for a session at once.
 */
public final class Activity {
    private static final ScopedValue<Activity> CURRENT = ScopedValue.newInstance();

    private final SessionId session;
    private long command;
    private int sqlCount;
    private long sqlNanos;
    private long waitNanos;

    /** @param session as the log names it */
    public Activity(SessionId session) {
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
    public synchronized void nextCommand() {
        command++;
        sqlCount = 0;
        sqlNanos = 0;
        waitNanos = 0;
    }

    /** Puts one use of a database connection down to whatever this thread works on. */
    public static void usedDatabase(long nanoseconds) {
        current().ifPresent(activity -> activity.countUse(nanoseconds));
    }

    private synchronized void countUse(long nanoseconds) {
        sqlCount++;
        sqlNanos += nanoseconds;
    }

    /** Puts a wait for a database connection, be it in vain, or for a turn to use one, down to what this thread works on. */
    public static void waitedForDatabase(long nanoseconds) {
        current().ifPresent(activity -> activity.countWait(nanoseconds));
    }

    private synchronized void countWait(long nanoseconds) {
        waitNanos += nanoseconds;
    }

    /** {@return the session} */
    public String session() {
        return session.toString();
    }

    /** {@return how many commands the session has sent, this one included} */
    public synchronized long commands() {
        return command;
    }

    /** {@return session and command as the log names them} */
    public String id() {
        return session + "." + commands();
    }

    /** {@return how often the command has used a database connection} */
    public synchronized int sqlCount() {
        return sqlCount;
    }

    /** {@return for how long it has, in nanoseconds} */
    public synchronized long sqlNanos() {
        return sqlNanos;
    }

    /** {@return how long it has waited for one, in nanoseconds} */
    public synchronized long waitNanos() {
        return waitNanos;
    }
}
