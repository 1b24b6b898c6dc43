package heddle.server.checker;

import heddle.storage.Invariants;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Many clients of one user do random things on several pods at once. Every few seconds all stop, and what each of them was
 * told, what was acknowledged, what a fresh session sees and what the database holds have to agree.
 */
final class CheckRun {
    static final String USER = "check";

    private static final Duration BETWEEN_CHECKPOINTS = Duration.ofSeconds(4);

    /** What clients may see of what happens to the pods. */
    enum Tolerated {
        NOTHING,
        /** A BYE between two commands, and the connection ends. */
        GOODBYES,
        /** Connections end at any moment, and commands are refused as UNAVAILABLE. */
        LOSSES
    }

    /** Something that happens to the pods while the clients work; all is well again when it returns. */
    @FunctionalInterface
    interface Disturbance {
        void disturb(Random random) throws Exception;

        /** {@return what clients may see of it, when it happens the next time} */
        default Tolerated tolerated() {
            return Tolerated.LOSSES;
        }

        /** Whether something has to happen yet before the run may end. */
        default boolean isIncomplete() {
            return false;
        }
    }

    private final Pods pods;
    private final Ledger ledger = new Ledger();
    private final Random random;
    private final List<Actor> actors = new ArrayList<>();
    private final Phaser phaser = new Phaser(1);
    private final AtomicReference<@Nullable Contradiction> found = new AtomicReference<>();
    private final @Nullable Disturbance disturbance;
    private volatile @Nullable Truth truth;
    private volatile Tolerated tolerated = Tolerated.NOTHING;
    private volatile boolean isPaused;
    private volatile boolean isOver;
    private int checkpoints;

    /** @param disturbance null when nothing happens to the pods: then no connection may end, and no command be refused */
    CheckRun(Pods pods, int clients, long seed, @Nullable Disturbance disturbance) {
        this.pods = pods;
        this.disturbance = disturbance;
        random = new Random(seed);
        for (int number = 1; number <= clients; number++) {
            actors.add(new Actor(number, this, random.nextLong()));
        }
    }

    Pods pods() {
        return pods;
    }

    Ledger ledger() {
        return ledger;
    }

    /** {@return what a client may see of what happens now, or has happened since the last checkpoint} */
    Tolerated tolerated() {
        return tolerated;
    }

    /** {@return how long an answer may take} */
    Duration patience() {
        return Duration.ofSeconds(disturbance == null ? 20 : 60);
    }

    /** {@return how long an idle client may be left without what others know: longer than pods take to ask for it} */
    Duration pushPatience() {
        return Duration.ofSeconds(10);
    }

    boolean isPaused() {
        return isPaused;
    }

    boolean goesOn() {
        return !isOver && found.get() == null;
    }

    /** Waits until all clients and the checkpoint have come here. */
    void everybody() {
        phaser.arriveAndAwaitAdvance();
    }

    /** {@return what the fresh session of this checkpoint sees} */
    Truth truth() {
        return Objects.requireNonNull(truth);
    }

    /** The first contradiction ends everything. */
    void found(Contradiction contradiction) {
        found.compareAndSet(null, contradiction);
        phaser.forceTermination();
    }

    /**
     * Lets the clients work for this time, and for longer where more has to happen.
     *
     * @return how much was done and how many checkpoints held, for people
     * @throws Contradiction the first one
     */
    String run(Duration time) throws Exception {
        try (Truth before = Truth.read(this, 0)) {
            before.all().keySet().forEach(validity -> ledger.found(before.name(validity), validity));
        }
        long end = System.nanoTime() + time.toNanos();
        var threads = new ArrayList<Thread>();
        for (Actor actor : actors) {
            phaser.register();
            threads.add(Thread.ofVirtual().start(actor));
        }
        try {
            while (goesOn() && (System.nanoTime() < end || isIncomplete())) {
                work();
                checkpoint();
            }
        } catch (Contradiction contradiction) {
            found(contradiction);
        } finally {
            isOver = true;
            phaser.forceTermination();
            for (Thread thread : threads) {
                thread.join();
            }
        }
        Contradiction contradiction = found.get();
        if (contradiction != null) {
            throw contradiction;
        }
        return ledger.summary() + ", " + checkpoints + " checkpoints";
    }

    private boolean isIncomplete() {
        return disturbance != null && disturbance.isIncomplete();
    }

    private void work() throws Exception {
        long end = System.nanoTime() + BETWEEN_CHECKPOINTS.toNanos();
        if (disturbance != null) {
            tolerated = disturbance.tolerated();
            disturbance.disturb(random);
        }
        while (goesOn() && System.nanoTime() < end) {
            Thread.sleep(20);
        }
    }

    private void checkpoint() throws IOException {
        isPaused = true;
        everybody();
        if (!goesOn()) {
            return;
        }
        try (Truth fresh = Truth.read(this, random.nextInt(pods.count()))) {
            truth = fresh;
            everybody(); // the clients compare, and
            settle(fresh);
            checkpoints++;
            isPaused = false;
            everybody(); // go on
        }
    }

    private void settle(Truth fresh) {
        var names = new TreeSet<>(fresh.names());
        if (!names.equals(new TreeSet<>(ledger.names()))) {
            throw new Contradiction("there are " + names + ", but should be " + ledger.names(), fresh.conversation());
        }
        ledger.settle(fresh.all(), fresh.highestModSeqs());
        try {
            Invariants.check(pods.database());
        } catch (AssertionError broken) {
            String rows = String.valueOf(broken.getMessage()).replaceAll("\\s+", " ");
            throw new Contradiction("the database contradicts itself:" + rows, broken);
        }
    }
}
