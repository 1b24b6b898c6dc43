package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.storage.StorageException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TurnsTest {
    private static final int AWAY = -503;

    /** What was done together, in order. */
    private final List<List<Integer>> done = new CopyOnWriteArrayList<>();

    private final CountDownLatch firstMayEnd = new CountDownLatch(1);

    /**
     * Doubles numbers; 0 waits until it may end, a negative one fails, {@link #AWAY} because the database is away, and one
     * over 100 does not fit behind others.
     */
    private final Turns<String, Integer, Integer> turns = new Turns<>((taken, next) -> next <= 100, (key, numbers) -> {
        done.add(numbers);
        if (numbers.contains(0)) {
            awaitUnchecked();
        }
        if (numbers.contains(AWAY)) {
            throw new StorageException(Reason.UNAVAILABLE, "away");
        }
        if (numbers.stream().anyMatch(number -> number < 0)) {
            throw new IllegalArgumentException("negative");
        }
        return numbers.stream().map(number -> 2 * number).toList();
    });

    private void awaitUnchecked() {
        try {
            firstMayEnd.await();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
    }

    /** Starts one after the other, each when the one before waits. */
    private List<Future<Integer>> start(String key, int... numbers) {
        var started = new ArrayList<Future<Integer>>();
        for (int number : numbers) {
            started.add(start(() -> turns.run(key, number)));
        }
        return started;
    }

    /** When this returns, it waits. */
    private static Future<Integer> start(Callable<Integer> turn) {
        var task = new FutureTask<>(turn);
        Thread thread = Thread.startVirtualThread(task);
        while (thread.getState() != Thread.State.WAITING) {
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
        return task;
    }

    @Test
    void whoWaitsIsTakenAlong() throws Exception {
        List<Future<Integer>> started = start("one", 0, 1, 2, 3);
        firstMayEnd.countDown();
        var results = new ArrayList<Integer>();
        for (Future<Integer> each : started) {
            results.add(each.get());
        }
        assertThat(results).containsExactly(0, 2, 4, 6);
        assertThat(done).containsExactly(List.of(0), List.of(1, 2, 3));
        assertThat(turns.run("one", 5)).isEqualTo(10);
    }

    @Test
    void whatDoesNotFitHasItsOwnTurn() throws Exception {
        List<Future<Integer>> started = start("one", 0, 1, 101, 2);
        firstMayEnd.countDown();
        for (Future<Integer> each : started) {
            each.get();
        }
        assertThat(done).containsExactly(List.of(0), List.of(1), List.of(101, 2));
    }

    @Test
    void aFailureIsToldToAllThatItConcernsAndToNobodyElse() throws Exception {
        List<Future<Integer>> started = start("one", 0, 1, -1, 101);
        firstMayEnd.countDown();
        assertThat(started.get(0).get()).isZero();
        for (int concerned = 1; concerned <= 2; concerned++) {
            Future<Integer> failed = started.get(concerned);
            assertThatThrownBy(failed::get).hasRootCauseMessage("negative");
        }
        assertThat(started.get(3).get()).isEqualTo(202);
    }

    /** It would be for each of them too, and each would wait for as long again to find out. */
    @Test
    void whenTheDatabaseIsAwayItIsForAllThatWait() throws Exception {
        List<Future<Integer>> started = start("one", 0, AWAY, 101, 2);
        firstMayEnd.countDown();
        assertThat(started.get(0).get()).isZero();
        for (Future<Integer> failed : started.subList(1, 4)) {
            assertThatThrownBy(failed::get)
                    .cause()
                    .isInstanceOf(StorageException.class)
                    .hasMessage("away");
        }
        assertThat(done).containsExactly(List.of(0), List.of(AWAY));
        assertThat(turns.run("one", 5)).isEqualTo(10);
    }

    /** Its slow line says so too, although another thread has asked the database. */
    @Test
    void whoIsTakenAlongHasWaitedAndUsedTheDatabase() throws Exception {
        var alone = new Activity(new SessionId(1, 1));
        var along = new Activity(new SessionId(1, 2));
        start("one", 0);
        Future<Integer> leader = start(() -> alone.call(() -> turns.run("one", 1)));
        Future<Integer> taken = start(() -> along.call(() -> turns.run("one", 2)));
        firstMayEnd.countDown();
        leader.get();
        taken.get();
        assertThat(alone.waitNanos()).isGreaterThan(along.waitNanos());
        assertThat(alone.sqlCount()).as("what the database counts by itself").isZero();
        assertThat(along.waitNanos()).isPositive();
        assertThat(along.sqlNanos()).isPositive();
        assertThat(along.sqlCount()).isEqualTo(1);
    }

    @Test
    void anotherKeyWaitsForNobody() throws Exception {
        List<Future<Integer>> started = start("one", 0);
        assertThat(turns.run("other", 4)).isEqualTo(8);
        firstMayEnd.countDown();
        assertThat(started.getFirst().get()).isZero();
    }
}
