package heddle.storage;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A few platform threads for work of more than some milliseconds: parsing, hashing, searching. Virtual threads are not
 * time-sliced, so such work would stop the sessions that share its carrier (DESIGN §3).
 */
public final class CpuPool implements AutoCloseable {
    private final ExecutorService threads;

    /** @param size how many threads, at least 1 */
    public CpuPool(int size) {
        threads = Executors.newFixedThreadPool(
                size, Thread.ofPlatform().name("cpu-", 0).daemon().factory());
    }

    /** Work that may read a message. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /** Work without a result. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException;
    }

    /** Work that goes on meanwhile. */
    @FunctionalInterface
    interface Running {
        /** Waits for it to be done; what it throws is thrown here. */
        void await() throws IOException;
    }

    /** Starts work on behalf of the same session as soon as a thread is free. */
    Running start(Task task) {
        Future<?> future = threads.submit(onBehalf(() -> {
            task.run();
            return true;
        }));
        return () -> await(future);
    }

    /** Waits for a thread, and for the work to be done there on behalf of the same session; what it throws is thrown here. */
    public <T> T run(Work<T> work) throws IOException {
        return await(threads.submit(onBehalf(work)));
    }

    private static <T> Callable<T> onBehalf(Work<T> work) {
        Optional<Activity> activity = Activity.current();
        return () -> activity.isPresent() ? activity.get().<T, IOException>call(work::run) : work.run();
    }

    private static <T> T await(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopped);
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException broken -> throw broken;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(failed.getCause());
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
