package heddle.server.cli;

import heddle.server.transfer.Progress;
import java.io.PrintWriter;

/** How far a transfer is, in one line that is written again and again; only where a person watches. */
final class ProgressBar implements Progress, AutoCloseable {
    private static final int WIDTH = 40;
    private static final long PAUSE = 100_000_000; // ns

    private final PrintWriter terminal;
    private final boolean isWatched = Terminal.find().isPresent();
    private long shown = System.nanoTime() - PAUSE;

    ProgressBar(PrintWriter terminal) {
        this.terminal = terminal;
    }

    @Override
    public void report(long messages, double share) {
        long now = System.nanoTime();
        if (isWatched && now - shown >= PAUSE) {
            shown = now;
            int done = (int) Math.clamp(share * WIDTH, 0, WIDTH);
            terminal.printf(
                    "\r[%s%s] %3.0f %%  %d messages",
                    "#".repeat(done), " ".repeat(WIDTH - done), share * 100, messages);
            terminal.flush();
        }
    }

    /** Wipes the line. */
    @Override
    public void close() {
        if (isWatched) {
            terminal.print("\r" + " ".repeat(WIDTH + 30) + "\r");
            terminal.flush();
        }
    }
}
