package heddle.server.checker;

import heddle.storage.StorageConfig;

/** Servers on one database. */
interface Pods {
    int count();

    /** {@return where a server listens for IMAP; another port after it was started anew} */
    int port(int pod);

    StorageConfig database();

    /** Whether some are of a build before 666302a: reading a message that sets {@code \Seen} shows its modseq too early there. */
    default boolean includeOlder() {
        return false;
    }
}
