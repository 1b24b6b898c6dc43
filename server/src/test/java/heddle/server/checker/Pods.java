package heddle.server.checker;

import heddle.storage.StorageConfig;

/** Servers on one database. */
interface Pods {
    int count();

    /** {@return where a server listens for IMAP; another port after it was started anew} */
    int port(int pod);

    StorageConfig database();

    /** Whether some are of an older build. It shows a modseq too early when reading a message sets {@code \Seen}. */
    default boolean includeOlder() {
        return false;
    }
}
