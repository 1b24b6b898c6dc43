package heddle.storage;

import heddle.storage.StorageException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets those on this pod who change one thing take turns. Who gets the turn takes along the work of those that wait behind,
 * so that they share one transaction and its flush: nobody waits for others, and the more wait, the more is shared.
 *
 * @param <K> what is changed, by one at a time
 * @param <W> a piece of work
 * @param <R> what comes of it
 */
final class Turns<K, W, R> {
    private final BiPredicate<List<W>, W> fits;
    private final BiFunction<K, List<W>, List<R>> together;
    private final Map<K, ArrayDeque<Turn<W, R>>> waiting = new ConcurrentHashMap<>();

    /**
     * Makes turns for one kind of work.
     *
     * @param fits whether a piece of work can be done together with those taken so far, of which there is one at least
     * @param together does them, and returns what came of each, in their order; what it throws is thrown to all of them, and
     *     {@code UNAVAILABLE} to those that wait behind too: each would wait for as long again to find it out
     */
    Turns(BiPredicate<List<W>, W> fits, BiFunction<K, List<W>, List<R>> together) {
        this.fits = fits;
        this.together = together;
    }

    /** One who waits. */
    private static final class Turn<W, R> {
        final W work;
        final long queued = System.nanoTime();
        /** Released when the work is done, or when it is this one's turn to do it. */
        final Semaphore called = new Semaphore(0);

        /** {@link System#nanoTime} when the work was begun. */
        volatile long begun;

        volatile @Nullable R result;
        volatile @Nullable Throwable failure;

        Turn(W work) {
            this.work = work;
        }

        boolean isDone() {
            return result != null || failure != null;
        }
    }

    /** {@return what comes of this work, once it has been done, by this thread or by the one before it} */
    R run(K key, W work) {
        var mine = new Turn<W, R>(work);
        waiting.compute(key, (same, queue) -> {
            if (queue == null) {
                mine.called.release();
                return new ArrayDeque<>(List.of(mine));
            }
            queue.add(mine);
            return queue;
        });
        mine.called.acquireUninterruptibly();
        boolean isTakenAlong = mine.isDone();
        if (!isTakenAlong) {
            lead(key);
        }
        Activity.waitedForDatabase(mine.begun - mine.queued);
        if (isTakenAlong) { // else the database has put it down to this thread itself
            Activity.usedDatabase(System.nanoTime() - mine.begun);
        }
        R result = mine.result;
        if (result != null) {
            return result;
        }
        switch (mine.failure) {
            case Error error -> throw error;
            case RuntimeException failed -> throw failed;
            case null, default -> throw new IllegalStateException("neither done nor failed");
        }
    }

    /** Does the work of the first that waits, and of those behind it that fit. */
    private void lead(K key) {
        List<Turn<W, R>> taken = take(key);
        long now = System.nanoTime();
        taken.forEach(turn -> turn.begun = now);
        var done = new ArrayList<Turn<W, R>>(taken);
        try {
            List<R> results =
                    together.apply(key, taken.stream().map(turn -> turn.work).toList());
            for (int i = 0; i < taken.size(); i++) {
                taken.get(i).result = results.get(i);
            }
        } catch (RuntimeException | Error failed) {
            taken.forEach(turn -> turn.failure = failed);
            if (failed instanceof StorageException away && away.reason() == Reason.UNAVAILABLE) {
                done.addAll(failBehind(key, taken.size(), away));
            }
        } finally {
            pass(key, done.size());
            done.subList(1, done.size()).forEach(turn -> turn.called.release());
        }
    }

    /** Fails those that wait behind the first ones; of theirs, unlike of those, it is known that nothing was done. */
    private List<Turn<W, R>> failBehind(K key, int taken, StorageException away) {
        var behind = new ArrayList<Turn<W, R>>();
        waiting.computeIfPresent(key, (same, queue) -> {
            queue.stream().skip(taken).forEach(behind::add);
            return queue;
        });
        long now = System.nanoTime();
        for (Turn<W, R> turn : behind) {
            turn.begun = now;
            turn.failure = new StorageException(Reason.UNAVAILABLE, away.text(), away);
        }
        return behind;
    }

    private List<Turn<W, R>> take(K key) {
        var taken = new ArrayList<Turn<W, R>>();
        var works = new ArrayList<W>();
        waiting.computeIfPresent(key, (same, queue) -> {
            for (Turn<W, R> next : queue) {
                if (!taken.isEmpty() && !fits.test(works, next.work)) {
                    break;
                }
                taken.add(next);
                works.add(next.work);
            }
            return queue;
        });
        return taken;
    }

    /** Those at the front are done; the next one is called. */
    private void pass(K key, int done) {
        waiting.computeIfPresent(key, (same, queue) -> {
            for (int i = 0; i < done; i++) {
                queue.remove();
            }
            if (queue.isEmpty()) {
                return null;
            }
            queue.element().called.release();
            return queue;
        });
    }
}
