package heddle.server.transfer;

/** Hears how far a transfer is. */
@FunctionalInterface
public interface Progress {
    /**
     * Says how far it is.
     *
     * @param messages so far
     * @param share from 0 to 1
     */
    void report(long messages, double share);
}
