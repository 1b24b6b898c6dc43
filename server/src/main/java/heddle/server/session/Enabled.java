package heddle.server.session;

import heddle.protocol.Extension;
import heddle.protocol.Numbering;
import heddle.protocol.wire.WireEncoding;
import java.util.EnumSet;
import java.util.Set;

/**
 * The extensions that a client has switched on, by ENABLE or by what it asked, for the rest of its connection (RFC 5161).
 * What each of them changes is said here, and asked wherever it matters.
 */
public final class Enabled {
    private final Set<Extension> extensions = EnumSet.noneOf(Extension.class);

    /** Switches everything off: nobody is logged in any more (RFC 8437 §4.1). */
    void clear() {
        extensions.clear();
    }

    /** {@return whether it was not on already} */
    boolean add(Extension extension) {
        boolean isNew = extensions.add(extension);
        if (extension == Extension.QRESYNC) {
            extensions.add(Extension.CONDSTORE);
        }
        return isNew;
    }

    /**
     * Whether the client goes by IMAP4rev2: SELECT tells what LIST would, nothing is {@code \Recent}, and every SEARCH is
     * answered by ESEARCH (RFC 9051 appendix E).
     */
    public boolean rev2() {
        return extensions.contains(Extension.IMAP4REV2);
    }

    /** Whether the client reads and writes UTF-8: in quoted strings, names of mailboxes, header fields (RFC 6855). */
    public boolean utf8() {
        return rev2() || utf8Only();
    }

    /** Whether it has given up other charsets for that (RFC 6855 §3). */
    public boolean utf8Only() {
        return extensions.contains(Extension.UTF8_ACCEPT);
    }

    /** {@return how text beyond US-ASCII is written, in both directions} */
    WireEncoding encoding() {
        return utf8() ? WireEncoding.UTF_8 : WireEncoding.SEVEN_BIT;
    }

    /** {@return by which number messages are named to the client: UIDs alone once it has no other (RFC 9586)} */
    public Numbering numbering() {
        return extensions.contains(Extension.UIDONLY) ? Numbering.UID : Numbering.SEQUENCE;
    }

    /** Whether the client is told by UID of messages that are gone (RFC 7162 §3.2.10, RFC 9586). */
    public boolean vanished() {
        return resync() || numbering() == Numbering.UID;
    }

    /** Whether the client may come back with what it knows (RFC 7162 §3.2). */
    public boolean resync() {
        return extensions.contains(Extension.QRESYNC);
    }

    /** Whether changes of flags are told with their modseqs, and SELECT tells the highest (RFC 7162 §3.1). */
    public boolean modSeqs() {
        return extensions.contains(Extension.CONDSTORE);
    }
}
