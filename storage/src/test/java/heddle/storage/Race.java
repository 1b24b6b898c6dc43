package heddle.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** Several things at once, each in a virtual thread of its own. */
final class Race {
    private Race() {}

    /** One of them. */
    @FunctionalInterface
    interface Runner<T> {
        T run() throws Exception;
    }

    /** One of many that are alike. */
    @FunctionalInterface
    interface Lane {
        void run(int number) throws Exception;
    }

    /** Starts all, waits for all, and {@return their results}; a failure of one of them is thrown here. */
    static <T> List<T> all(List<Runner<T>> runners) throws Exception {
        var start = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<T>>();
            for (Runner<T> runner : runners) {
                running.add(threads.submit(() -> {
                    start.await();
                    return runner.run();
                }));
            }
            start.countDown();
            var results = new ArrayList<T>();
            for (Future<T> each : running) {
                results.add(result(each));
            }
            return results;
        }
    }

    /** Runs the lane with each number from 0 to {@code count - 1} at once. */
    static void lanes(int count, Lane lane) throws Exception {
        var runners = new ArrayList<Runner<Boolean>>();
        for (int i = 0; i < count; i++) {
            int number = i;
            runners.add(() -> {
                lane.run(number);
                return true;
            });
        }
        all(runners);
    }

    /** Starts one thing, to be waited for with {@link #result}. */
    static <T> Future<T> start(Runner<T> runner) {
        var task = new FutureTask<>(runner::run);
        Thread.startVirtualThread(task);
        return task;
    }

    /** {@return what it returned}; what it threw is thrown */
    static <T> T result(Future<T> running) throws Exception {
        try {
            return running.get();
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case Exception thrown -> throw thrown;
                case Error error -> throw error;
                case null, default -> throw failed;
            }
        }
    }
}
